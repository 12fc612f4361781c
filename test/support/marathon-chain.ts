import { cryptoReady, publicKeyOf } from "../../src/localnet/chutes/sr25519.ts";
import { localRuntime } from "../../src/localnet/metadata/registry.ts";
import { Engine } from "../../src/localnet/node/engine.ts";
import * as items from "../../src/localnet/node/items.ts";
import { mechanismIndex } from "../../src/localnet/node/mechanism.ts";
import { type RpcServer, serveRpc } from "../../src/localnet/node/server.ts";
import type { Signer } from "../../src/ports/signer.ts";
import { chuteOf, hotkeyOf, NETUID } from "./scripted-world.ts";

/** Of the chain: that of the public networks. */
export const BLOCK_MS = 12_000;
export const TEMPO = 60;
export const MINERS = 4;

/** What one epoch's finalized blocks say of our hotkey. */
export interface EpochRecord {
  readonly epoch: number;
  readonly from: number;
  to: number;
  /** Heights of accepted weight extrinsics. */
  readonly accepted: number[];
  /** Names of the errors with which others ended. */
  readonly refused: string[];
  /** Heights in which a commit was opened. */
  readonly revealed: number[];
}

export interface MarathonChainOptions {
  readonly seed: number;
  readonly signer: Signer;
  readonly commitReveal: boolean;
}

/** A chain in virtual time behind two addresses, and its own account of what was final. */
export class MarathonChain implements AsyncDisposable {
  readonly engine: Engine;
  readonly urls: readonly string[];
  readonly epochs: Map<number, EpochRecord> = new Map();
  readonly #servers: readonly RpcServer[];
  readonly #signer: Signer;
  #recorded: number;

  private constructor(engine: Engine, servers: readonly RpcServer[], signer: Signer) {
    this.engine = engine;
    this.#servers = servers;
    this.#signer = signer;
    this.urls = servers.map(({ port }) => `ws://127.0.0.1:${port}`);
    this.#recorded = engine.chain.finalized;
    engine.listen({ finalized: (number) => this.#record(number) });
  }

  static async start(options: MarathonChainOptions): Promise<MarathonChain> {
    await cryptoReady();
    const { commitReveal, seed, signer } = options;
    const engine = new Engine({
      seed,
      runtime: localRuntime({ blockMs: BLOCK_MS }),
      netuid: NETUID,
      tempo: TEMPO,
      commitReveal,
      validator: { publicKey: keyOf(signer.hotkey), stakeRao: 10n ** 13n },
      miners: Array.from({ length: MINERS }, (_, index) => ({
        publicKey: keyOf(hotkeyOf(index + 1)),
        commitment: new TextEncoder().encode(JSON.stringify({ chute_id: chuteOf(index + 1), model: `m${index + 1}` })),
        commitmentBlock: index + 2,
      })),
      blockMs: BLOCK_MS,
      finalityLag: 3,
    });
    return new MarathonChain(engine, [await serveRpc(engine, 0), await serveRpc(engine, 0)], signer);
  }

  get epoch(): number {
    return this.engine.chain.state(this.engine.chain.finalized).get(items.EPOCH_INDEX, NETUID);
  }

  /** Rows of all neurons as the newest finalized block has them. */
  rows(): readonly items.WeightPairs[] {
    const state = this.engine.chain.state(this.engine.chain.finalized);
    return Array.from({ length: MINERS + 1 }, (_, uid) => state.get(items.WEIGHTS, mechanismIndex(NETUID, 0), uid));
  }

  /** Commits that wait for their reveal, by epoch. */
  queued(): readonly number[] {
    const state = this.engine.chain.state(this.engine.chain.finalized);
    return state.entries(items.TIMELOCKED, mechanismIndex(NETUID, 0)).map(([, epoch]) => Number(epoch));
  }

  /** Blocks may become final in jumps. */
  #record(finalized: number): void {
    const { chain, ledger } = this.engine;
    while (this.#recorded < finalized) {
      this.#recorded += 1;
      const block = this.#recorded;
      const epoch = chain.state(block).get(items.EPOCH_INDEX, NETUID);
      const record = this.#recordOf(epoch, block);
      record.to = block;
      // The first one sets the time; the ledger of a long run is too large to be copied for every block.
      const extrinsics = chain.body(block).length > 1 ? ledger.snapshot().extrinsics : [];
      for (const { block: included, result, signer } of extrinsics) {
        if (included !== block || signer !== this.#signer.hotkey) continue;
        if (result === "ok") record.accepted.push(block);
        else record.refused.push(result);
      }
      if (this.#reveals(block)) record.revealed.push(block);
    }
  }

  #recordOf(epoch: number, block: number): EpochRecord {
    const known = this.epochs.get(epoch);
    if (known !== undefined) return known;
    const record = { epoch, from: block, to: block, accepted: [], refused: [], revealed: [] };
    this.epochs.set(epoch, record);
    return record;
  }

  #reveals(block: number): boolean {
    const { chain } = this.engine;
    const codec = chain.runtimes.executing(block).storage("System", "Events");
    const bytes = chain.view(block).get(codec.key());
    const records = bytes === undefined ? [] : (codec.decode(bytes) as readonly EventRecord[]);
    return records.some(({ event }) => event.value.type === "TimelockedWeightsRevealed");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) await server.close();
  }
}

interface EventRecord {
  readonly event: { readonly value: { readonly type: string } };
}

function keyOf(hotkey: string): Uint8Array {
  const key = publicKeyOf(hotkey);
  if (key === undefined) throw new Error(`${hotkey} is no address`);
  return key;
}
