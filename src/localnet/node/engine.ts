import { setImmediate as breathe } from "node:timers/promises";
import { taggedDigest } from "../../core/determinism/digest.ts";
import { Chain, type ChainOptions } from "./chain.ts";
import { ExtrinsicPool } from "./extrinsic-pool.ts";
import { FaultPlan } from "./faults.ts";
import { type GenesisOptions, genesisState } from "./genesis.ts";
import { LedgerBook } from "./ledger.ts";
import { Producer } from "./producer.ts";

export interface EngineOptions extends GenesisOptions, ChainOptions {}

/** Told of every new best block, and of every move of finality; heights. */
export interface HeadListener {
  readonly best?: (number: number) => void;
  readonly finalized?: (number: number) => void;
}

/** The node without its network side. */
export class Engine {
  readonly chain: Chain;
  readonly pool: ExtrinsicPool;
  readonly ledger: LedgerBook = new LedgerBook();
  readonly faults: FaultPlan;
  readonly producer: Producer;
  readonly netuid: number;
  readonly #listeners = new Set<HeadListener>();

  constructor(options: EngineOptions) {
    this.netuid = options.netuid;
    this.chain = new Chain(options, genesisState(options));
    this.pool = new ExtrinsicPool(this.chain);
    this.faults = new FaultPlan(taggedDigest("touchstone/localnet/node/v1", String(options.seed)));
    const { chain, pool, ledger, netuid } = this;
    this.producer = new Producer({ chain, pool, ledger, netuid });
    // The first epoch lies in the past when the node starts: there is a history, and a finalized block with a parent.
    while (chain.finalized < options.tempo) this.produce();
  }

  /** One block, and what follows from it for those who listen. */
  produce(): number {
    const { chain, pool } = this;
    const number = this.producer.produce();
    const lag = this.faults.onBlock();
    if (lag > 0) chain.holdFinality(lag);
    const finalized = chain.advanceFinality();
    pool.announceBest(number);
    for (const listener of this.#listeners) listener.best?.(number);
    if (finalized === undefined) return number;
    pool.announceFinalized(finalized);
    for (const listener of this.#listeners) listener.finalized?.(finalized);
    return number;
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
