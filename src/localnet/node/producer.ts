import { fromHex } from "../../core/determinism/digest.ts";
import { addressOf } from "../chutes/sr25519.ts";
import type { EventInput, RuntimeCodec } from "../metadata/registry.ts";
import type { RuntimeEvent } from "./call-context.ts";
import type { Chain } from "./chain.ts";
import { stepDeferral } from "./deferral.ts";
import { closingEvent, dispatch } from "./dispatch.ts";
import { stepEpoch } from "./epoch.ts";
import type { ExtrinsicPool } from "./extrinsic-pool.ts";
import type { Interventions } from "./interventions.ts";
import * as items from "./items.ts";
import type { LedgerBook } from "./ledger.ts";
import type { PoolEntry } from "./pool-entry.ts";
import { PulseFeed } from "./pulses.ts";
import { revealCommits } from "./reveal.ts";
import { Overlay } from "./state.ts";
import { WritableState } from "./storage-item.ts";
import { migrate } from "./upgrade.ts";

/** Signed extrinsics in one block at most. */
const MOST_EXTRINSICS = 512;

export interface StorageWrite {
  /** `Pallet.Item`, e.g. `SubtensorModule.CommitRevealWeightsEnabled`. */
  readonly item: string;
  readonly keys: readonly unknown[];
  /** In the shapes of metadata/registry.ts; undefined removes. */
  readonly value: unknown;
}

export interface ProducerParts {
  readonly chain: Chain;
  readonly pool: ExtrinsicPool;
  readonly ledger: LedgerBook;
  readonly interventions: Interventions;
  readonly netuid: number;
}

/** Makes blocks: what the chain does by itself, then the time, then what waits in the pool (chain.md §4.1, §5.1). */
export class Producer {
  readonly pulses: PulseFeed;
  readonly #parts: ProducerParts;

  constructor(parts: ProducerParts) {
    this.#parts = parts;
    this.pulses = new PulseFeed(parts.chain.options.seed);
  }

  /** Sets storage in the next block. @throws Error when the metadata has no such item or the value does not fit it. */
  plan({ item, keys, value }: StorageWrite): void {
    const [pallet = "", name = ""] = item.split(".");
    const { chain, interventions } = this.#parts;
    const codec = chain.runtimeAt(chain.best).storage(pallet, name);
    const key = codec.key(...keys);
    const bytes = value === undefined ? undefined : codec.encode(value);
    interventions.plan("before", ({ state }) => state.overlay.put(key, bytes));
  }

  /** Appends one block to the chain and answers its height; an empty one leaves the pool alone. */
  produce(options: { readonly empty?: boolean } = {}): number {
    const { chain, netuid, interventions } = this.#parts;
    const number = chain.best + 1;
    const overlay = new Overlay(chain.view(chain.best));
    const state = new WritableState(chain.runtimeAt(chain.best), overlay);
    const former = chain.runtimes.executing(chain.best);
    if (former !== state.runtime) migrate(state, former, chain.view(chain.best));
    state.put(items.BLOCK_NUMBER, number);
    state.put(items.PARENT_HASH, fromHex(chain.hash(number - 1)));
    const events: EventInput[] = [];
    const emit = emitter(state.runtime, events);
    const byItself = emit({ type: "Initialization" });
    const change = { state, block: number, emit: byItself };
    interventions.apply("before", change);
    revealCommits({ state, netuid, block: number, emit: byItself });
    stepDeferral(state, netuid, number);
    stepEpoch(state, { netuid, block: number, emit: byItself });
    state.put(items.NOW, chain.timeOf(number));
    events.push({ phase: phaseOf(0), ...closingEvent(state.runtime, undefined) });
    // The extrinsic in which a real chain has them is not simulated.
    this.pulses.step(state, emit(phaseOf(0)));
    interventions.apply("after", change);
    const taken = options.empty === true ? [] : this.#applyPool(state, number, events);
    overlay.put(state.runtime.storage("System", "Events").key(), state.runtime.encodeEvents(events));
    state.put(items.EVENT_COUNT, events.length);
    chain.append(
      overlay.changes,
      taken.map(({ bytes }) => bytes),
    );
    return number;
  }

  #applyPool(state: WritableState, number: number, events: EventInput[]): PoolEntry[] {
    const { pool } = this.#parts;
    const taken: PoolEntry[] = [];
    const nonceOf = (signer: Uint8Array): number => state.get(items.ACCOUNT, signer)?.nonce ?? 0;
    for (const entry of pool.candidates(nonceOf)) {
      if (taken.length >= MOST_EXTRINSICS) break;
      if (entry.death <= number) continue;
      taken.push(entry);
      pool.include(entry, number);
      this.#apply(state, { entry, number, index: taken.length, events });
    }
    return taken;
  }

  #apply(state: WritableState, at: { entry: PoolEntry; number: number; index: number; events: EventInput[] }): void {
    const { entry, number, index, events } = at;
    const { signer, call, hash } = entry;
    const account = state.get(items.ACCOUNT, signer);
    // A call that fails uses up its nonce all the same.
    state.put(items.ACCOUNT, { ...account, nonce: entry.nonce + 1 }, signer);
    const outcome = dispatch({ state, block: number, signer, call });
    const closing = closingEvent(state.runtime, outcome.failure);
    for (const event of [...outcome.events, closing]) events.push({ phase: phaseOf(index), ...event });
    this.#parts.ledger.addExtrinsic({
      block: number,
      index,
      hash,
      signer: addressOf(signer),
      call: `${call.pallet}.${call.call}`,
      args: call.args,
      result: outcome.failure?.error ?? "ok",
    });
  }
}

/** A metadata file may be older than an event. */
function emitter(
  runtime: RuntimeCodec,
  events: EventInput[],
): (phase: EventInput["phase"]) => (event: RuntimeEvent) => void {
  return (phase) => (event) => {
    if (runtime.hasEvent(event.pallet, event.event)) events.push({ phase, ...event });
  };
}

function phaseOf(index: number): EventInput["phase"] {
  return { type: "ApplyExtrinsic", value: index };
}
