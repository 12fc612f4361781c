import { setImmediate as breathe } from "node:timers/promises";
import { taggedDigest } from "../../core/determinism/digest.ts";
import { Chain, type ChainOptions } from "./chain.ts";
import { ExtrinsicPool } from "./extrinsic-pool.ts";
import { FaultPlan } from "./faults.ts";
import { type GenesisOptions, genesisState } from "./genesis.ts";
import { Interventions } from "./interventions.ts";
import { LedgerBook } from "./ledger.ts";
import { Producer } from "./producer.ts";
import { CODE_KEY, codeOf, type UpgradeOrder, type UpgradeRequest, upgradedRuntime } from "./upgrade.ts";
import { WaveBook } from "./waves.ts";

export interface EngineOptions extends GenesisOptions, ChainOptions {}

/** Told of every new best block, and of every move of finality; heights. */
export interface HeadListener {
  readonly best?: (number: number) => void;
  /** A block that is on no best branch yet. */
  readonly side?: (number: number) => void;
  /** The runtime of the best block is another one. */
  readonly version?: (number: number) => void;
  readonly finalized?: (number: number) => void;
}

/** The node without its network side. */
export class Engine {
  readonly chain: Chain;
  readonly pool: ExtrinsicPool;
  readonly ledger: LedgerBook = new LedgerBook();
  readonly faults: FaultPlan;
  readonly producer: Producer;
  readonly interventions: Interventions = new Interventions();
  readonly waves: WaveBook = new WaveBook();
  readonly netuid: number;
  readonly #listeners = new Set<HeadListener>();
  #upgradeOrder: UpgradeOrder = "version-first";

  constructor(options: EngineOptions) {
    this.netuid = options.netuid;
    this.chain = new Chain(options, genesisState(options));
    this.pool = new ExtrinsicPool(this.chain);
    this.faults = new FaultPlan(taggedDigest("touchstone/localnet/node/v1", String(options.seed)));
    const { chain, pool, ledger, netuid, interventions } = this;
    this.producer = new Producer({ chain, pool, ledger, netuid, interventions });
    // The first epoch lies in the past when the node starts: there is a history, and a finalized block with a parent.
    while (chain.finalized < options.tempo) this.produce();
  }

  /** One block, and what follows from it for those who listen. */
  produce(): number {
    const { chain, pool } = this;
    const { lag, fork } = this.faults.onBlock();
    this.#fork(fork);
    const number = this.producer.produce();
    if (lag > 0) chain.holdFinality(lag);
    const finalized = chain.advanceFinality();
    pool.announceBest(number);
    this.#announce(number);
    if (finalized === undefined) return number;
    pool.announceFinalized(finalized);
    this.interventions.forget(finalized);
    for (const listener of this.#listeners) listener.finalized?.(finalized);
    return number;
  }

  /**
   * Puts up to `depth` blocks that are not final aside and makes empty siblings for them: the block after those makes the
   * new branch the longer one, and is the first that clients hear of as best.
   */
  #fork(depth: number): void {
    const { chain, pool } = this;
    const top = chain.best;
    const base = Math.max(chain.finalized, top - depth);
    if (base >= top) return;
    const lost = pool.retract(base);
    chain.rollback(base);
    this.ledger.forgetAbove(base);
    pool.restore(lost);
    while (chain.best < top) {
      const number = this.producer.produce({ empty: true });
      for (const listener of this.#listeners) listener.side?.(number);
    }
  }

  #announce(number: number): void {
    const { chain } = this;
    const upgraded = chain.runtimeAt(number) !== chain.runtimes.executing(number);
    const told = [...this.#listeners];
    if (upgraded && this.#upgradeOrder === "version-first") for (const listener of told) listener.version?.(number);
    for (const listener of told) listener.best?.(number);
    if (upgraded && this.#upgradeOrder === "head-first") for (const listener of told) listener.version?.(number);
  }

  /** The next block writes the code of another runtime. @throws ValidatorError for a request that cannot be met */
  upgrade(request: UpgradeRequest): { readonly block: number; readonly specVersion: number } {
    const { chain } = this;
    const runtime = upgradedRuntime(chain.runtimeAt(chain.best), request);
    this.interventions.plan("after", ({ state, block }) => {
      state.overlay.put(CODE_KEY, codeOf(runtime));
      chain.runtimes.change(block, runtime);
      this.#upgradeOrder = request.order ?? "version-first";
    });
    return { block: chain.best + 1, specVersion: runtime.specVersion };
  }

  /** That many blocks; between them requests are served. */
  async advance(blocks: number): Promise<number> {
    for (let made = 0; made < blocks; made += 1) {
      this.produce();
      await breathe();
    }
    return this.chain.best;
  }

  listen(listener: HeadListener): void {
    this.#listeners.add(listener);
  }

  unlisten(listener: HeadListener): void {
    this.#listeners.delete(listener);
  }
}
