import type { NodeFault, NodeFaultKind } from "../../src/localnet/node/faults.ts";
import type { WeightPairs } from "../../src/localnet/node/items.ts";
import { ownerAction } from "../../src/localnet/node/owner.ts";
import { SIGNER } from "./cycle-bench.ts";
import { BLOCK_MS, type EpochRecord, MarathonChain } from "./marathon-chain.ts";
import { MarathonService } from "./marathon-service.ts";

export interface MarathonOptions {
  readonly epochs: number;
  readonly commitReveal: boolean;
  readonly faults: readonly NodeFault[];
  readonly seed: number;
}

export interface MarathonResult {
  /** Whole epochs, oldest first. */
  readonly epochs: readonly EpochRecord[];
  /** Epochs whose commit was opened, and how often. */
  readonly opened: ReadonlyMap<number, number>;
  /** Rows of all neurons at the end, when what was committed has been opened. */
  readonly rows: readonly WeightPairs[];
  /** Epochs of commits that still wait at the end. */
  readonly queued: readonly number[];
  readonly happened: Readonly<Partial<Record<NodeFaultKind, number>>>;
  readonly requests: number;
  /** What the service said, oldest first: for a person who has to find out what went wrong. */
  readonly story: readonly { readonly block: number; readonly text: string }[];
}

/**
 * A block comes when the service is at rest, or after so many real milliseconds: the twelve seconds of the chain. Those in which
 * the machine did something else are not counted.
 */
const BLOCK_AT_MOST_MS = 600;
const LONGEST_TURN_MS = 5;
const STEP_MS = 1_000;
/** After the last epoch, without faults, until its commit is opened; fewer than come before the next one. */
const BLOCKS_AFTER = 12;

/**
 * The service over so many whole epochs of a chain with these faults. The owner changes the tempo after a third of them and after
 * two thirds; half way the runtime is upgraded.
 */
export async function runMarathon(options: MarathonOptions): Promise<MarathonResult> {
  const { commitReveal, seed } = options;
  await using chain = await MarathonChain.start({ seed, signer: SIGNER, commitReveal });
  await using service = await MarathonService.start(chain);
  const first = chain.epoch + 1;
  const end = first + options.epochs;
  const changes = changesIn(chain, first, options.epochs);
  chain.engine.faults.set(options.faults);
  while (chain.epoch < end) {
    for (const change of changes) change();
    await oneBlock(chain, service);
  }
  chain.engine.faults.set([]);
  for (let after = 0; after < BLOCKS_AFTER; after += 1) await oneBlock(chain, service);
  const records = [...chain.epochs.values()];
  return {
    epochs: records.filter(({ epoch }) => epoch >= first && epoch < end),
    // The reveal period is one epoch.
    opened: new Map(records.map(({ epoch, revealed }) => [epoch - 1, revealed.length])),
    rows: chain.rows(),
    queued: chain.queued(),
    happened: chain.engine.faults.happened,
    requests: Object.values(chain.engine.ledger.snapshot().rpc).reduce((sum, count) => sum + count, 0),
    story: service.said.map(({ block, facts, name }) => ({ block, text: `${block} ${name} ${JSON.stringify(facts)}` })),
  };
}

async function oneBlock(chain: MarathonChain, service: MarathonService): Promise<void> {
  await chain.engine.advance(1);
  const watch = { spent: 0, seen: performance.now() };
  for (let passed = STEP_MS; passed <= BLOCK_MS; passed += STEP_MS) {
    await atRest(service, watch, (BLOCK_AT_MOST_MS * passed) / BLOCK_MS);
    await service.requireRunning();
    await service.clock.advance(STEP_MS);
  }
  service.clock.asked.length = 0;
}

/** An answer on loopback needs a few turns of the event loop; what takes longer is not worth turning for. */
const TURNS = 30;

/** Until the service has nothing to do, or so much is spent. */
async function atRest(service: MarathonService, watch: { spent: number; seen: number }, until: number): Promise<void> {
  for (let turn = 0; !(await service.isAtRest()) && watch.spent < until; turn += 1) {
    await new Promise((resolve) => {
      if (turn < TURNS) setImmediate(resolve);
      else setTimeout(resolve, 1);
    });
    const now = performance.now();
    watch.spent += Math.min(now - watch.seen, LONGEST_TURN_MS);
    watch.seen = now;
  }
}

function changesIn(chain: MarathonChain, first: number, epochs: number): readonly (() => void)[] {
  const { engine } = chain;
  const once = (share: number, change: () => void): (() => void) => {
    const at = first + Math.floor(epochs * share);
    let done = false;
    return () => {
      if (done || chain.epoch < at) return;
      done = true;
      change();
    };
  };
  return [
    once(1 / 3, () => ownerAction(engine, { set: "tempo", value: 80 })),
    once(1 / 2, () => engine.upgrade({})),
    once(2 / 3, () => ownerAction(engine, { set: "tempo", value: 60 })),
  ];
}
