import { PUBLIC_NETWORKS } from "../../core/chain/networks.ts";
import { ValidatorError } from "../../core/model/fault.ts";
import type { Hex } from "../../core/model/ids.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { asHash, asHeight } from "./answers.ts";
import { LinkError } from "./chain-fault.ts";
import { type Endpoints, endpointName } from "./endpoints.ts";
import type { Ask } from "./rpc-socket.ts";

/** What the connection has seen of the finalized chain so far. */
export interface FinalizedMemory {
  readonly height: number;
  hashAt(height: number): Hex | undefined;
}

export interface JudgeOptions {
  readonly endpoints: Endpoints;
  /** Null: whatever the first node serves. */
  readonly expectedGenesis: Hex | null;
  readonly telemetry: Telemetry;
}

/** The node in use, asked for the hash of a block. */
type Ours = (height: number) => Promise<unknown>;

/** Blocks behind another node, or of finality behind the best block, beyond which something is wrong (chain.md §9). */
export const MAX_LAG = 20;

/** Decides by a few cheap questions whether a node may be used: its chain, how far it is, whether it agrees with the others. */
export class EndpointJudge {
  readonly #options: JudgeOptions;
  readonly #disputes = new Map<string, string>();
  #genesis: Hex | null;
  #admitted = false;
  #memory: FinalizedMemory | null = null;

  constructor(options: JudgeOptions) {
    this.#options = options;
    this.#genesis = options.expectedGenesis;
  }

  /** Two nodes call different blocks of one height final; null while none do. */
  get disagreement(): string | null {
    const [first] = this.#disputes.values();
    return first ?? null;
  }

  /** Of the chain that is served; null before the first node was admitted. */
  get genesis(): Hex | null {
    return this.#genesis;
  }

  remember(memory: FinalizedMemory): void {
    this.#memory = memory;
  }

  /** For a node about to be used. @throws ValidatorError `wrong-genesis`; LinkError when it cannot be used now. */
  async admit(ask: Ask, endpoint: string): Promise<void> {
    await this.requireGenesis(ask, endpoint);
    this.#admitted = true;
    const memory = this.#memory;
    if (memory === null || memory.height < 0) return;
    const { height } = await this.look(ask, endpoint);
    if (memory.height - height <= MAX_LAG || this.#options.endpoints.replacements().length === 0) return;
    throw new LinkError("The chain node is far behind the chain.");
  }

  async requireGenesis(ask: Ask, endpoint: string): Promise<void> {
    const found = await ask("chain_getBlockHash", [0]);
    if (typeof found !== "string") throw new LinkError("The chain node does not say which chain it serves.");
    if (this.#genesis === null && /^0x[0-9a-f]{64}$/.test(found)) this.#genesis = found as Hex;
    if (this.#genesis === null || found === this.#genesis) return;
    const { endpoints, telemetry } = this.#options;
    const facts = { endpoint: endpointName(endpoint), found: named(found), expected: named(this.#genesis) };
    telemetry.event("error", "endpoint-wrong-chain", facts);
    // The last one is kept once it has been right: it is all there is.
    if (!this.#admitted || endpoints.count > 1) endpoints.strike(endpoint);
    throw wrongGenesis(endpointName(endpoint), found, this.#genesis);
  }

  /** Compares a node with what is known; `ours` answers for heights that are not remembered. @throws LinkError, RpcError. */
  async look(ask: Ask, endpoint: string, ours?: Ours): Promise<{ height: number }> {
    const hash = asHash(await ask("chain_getFinalizedHead", []));
    const height = asHeight(await ask("chain_getHeader", [hash]));
    if (height === null) throw new LinkError("The chain node does not know the block it calls finalized.");
    const memory = this.#memory;
    if (memory === null || memory.height < 0) return { height };
    this.noteLag(endpoint, memory.height - height);
    const lower = Math.min(height, memory.height);
    const mine = memory.hashAt(lower) ?? (await ours?.(lower));
    const theirs = lower === height ? hash : await ask("chain_getBlockHash", [lower]);
    const seen = mine === theirs ? { mine, theirs } : await this.#askedAgain(lower, { mine, ask, ours });
    this.#compare(endpoint, lower, seen);
    return { height };
  }

  /** One false word of either node must not keep weights from being signed: a dispute is what both say twice. */
  async #askedAgain(
    height: number,
    { mine, ask, ours }: { readonly mine: unknown; readonly ask: Ask; readonly ours: Ours | undefined },
  ): Promise<{ readonly mine: unknown; readonly theirs: unknown }> {
    const [again, theirs] = await Promise.all([ours?.(height), ask("chain_getBlockHash", [height])]);
    return { mine: again ?? mine, theirs };
  }

  noteLag(endpoint: string, blocks: number): void {
    const { endpoints, telemetry } = this.#options;
    const lags = blocks > MAX_LAG;
    if (!endpoints.setLagging(endpoint, lags) || !lags) return;
    telemetry.event("warn", "endpoint-lags", { endpoint: endpointName(endpoint), blocks });
  }

  /** A node that cannot be asked, or is no longer there, disputes nothing. */
  drop(endpoint: string | null): void {
    if (endpoint === null) this.#disputes.clear();
    else this.#disputes.delete(endpoint);
  }

  /** Those to ask again first. */
  get disputed(): readonly string[] {
    return [...this.#disputes.keys()];
  }

  #compare(endpoint: string, height: number, { mine, theirs }: { mine: unknown; theirs: unknown }): void {
    const { endpoints, telemetry } = this.#options;
    if (typeof mine !== "string" || typeof theirs !== "string") return;
    if (mine === theirs) {
      this.#disputes.delete(endpoint);
      if (endpoint !== endpoints.current) this.#disputes.delete(endpoints.current);
      return;
    }
    const known = this.#disputes.has(endpoint);
    const text = `At height ${height} one node calls ${mine} final and ${endpointName(endpoint)} calls ${theirs} final.`;
    this.#disputes.set(endpoint, text);
    if (known) return;
    telemetry.event("error", "endpoints-disagree", {
      endpoint: endpointName(endpoint),
      height,
      ours: mine,
      theirs,
      remedy:
        "Nothing is signed until they agree. Find out which node follows the wrong chain and take it out of the configuration.",
    });
  }
}

function wrongGenesis(endpoint: string, found: string, expected: string): ValidatorError {
  return new ValidatorError(
    `The node ${endpoint} serves the chain ${named(found)}, but ${named(expected)} is configured.`,
    {
      exit: "configuration",
      code: "wrong-genesis",
      blame: "validator",
      remedy: "Correct the network or the endpoint; on a chain of your own, set its genesis hash in the configuration.",
    },
  );
}

function named(genesis: string): string {
  const name = PUBLIC_NETWORKS.get(genesis);
  return name === undefined ? genesis.slice(0, 80) : `${genesis} (${name})`;
}
