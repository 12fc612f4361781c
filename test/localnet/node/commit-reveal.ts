import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../../src/core/determinism/digest.ts";
import { encodePayload, type WeightsPayload } from "../../../src/core/timelock/payload.ts";
import { oldRevealRound, type Reveal, revealRound } from "../../../src/core/timelock/reveal-round.ts";
import { encryptTo } from "../../../src/core/timelock/timelock.ts";
import { localRuntime, type RuntimeCodec, runtimeFromMetadata } from "../../../src/localnet/metadata/registry.ts";
import { dispatch } from "../../../src/localnet/node/dispatch.ts";
import { Engine } from "../../../src/localnet/node/engine.ts";
import * as items from "../../../src/localnet/node/items.ts";
import { mechanismIndex } from "../../../src/localnet/node/mechanism.ts";
import type { SimNodeOptions } from "../../../src/localnet/node/node.ts";
import { hasOldEpochs } from "../../../src/localnet/node/old-epochs.ts";
import type { TypedState } from "../../../src/localnet/node/storage-item.ts";
import { NETUID, testOptions, validator } from "./support.ts";

const DIRECTORY = process.env["SUBTENSOR_METADATA_DIR"];
/** As on the public network: the pulse comes some blocks after the reveal's epoch has begun. */
const BLOCK_MS = 12_000;

/** A real runtime, undefined where there is none on this machine. */
export function realRuntime(file: string): RuntimeCodec | undefined {
  if (DIRECTORY !== undefined) return runtimeFromMetadata(readFileSync(join(DIRECTORY, file)));
  process.stderr.write(`skipped: SUBTENSOR_METADATA_DIR is not set, so there is no ${file}\n`);
  return undefined;
}

export interface SealedRow extends Partial<WeightsPayload> {
  readonly round: number;
  /** Key of the beacon, default that of the chain. */
  readonly beacon?: Uint8Array;
}

interface Commit {
  readonly commit: Uint8Array;
  readonly round: number | bigint;
  readonly signer?: Uint8Array;
  readonly mechid?: number;
}

export interface SeenEvent {
  readonly phase: string;
  readonly name: string;
  readonly fields: unknown;
}

/** A chain in this process: sealed weights are made with the project's own timelock, as the adapter makes them. */
export class SealedChain {
  readonly engine: Engine;
  /** Events of SubtensorModule and Drand by block. */
  readonly events: Map<number, readonly SeenEvent[]> = new Map();
  #sealed = 0;

  constructor(changed: Partial<SimNodeOptions> = {}) {
    const runtime = changed.runtime ?? localRuntime({ blockMs: BLOCK_MS });
    this.engine = new Engine(testOptions({ commitReveal: true, blockMs: BLOCK_MS, ...changed, runtime }));
    this.set(items.WEIGHTS_RATE_LIMIT, 0);
    this.produce();
  }

  get state(): TypedState {
    return this.engine.chain.state(this.engine.chain.best);
  }

  get best(): number {
    return this.engine.chain.best;
  }

  set(
    item: { readonly pallet: string; readonly name: string },
    value: unknown,
    keys: readonly unknown[] = [NETUID],
  ): void {
    this.engine.producer.plan({ item: `${item.pallet}.${item.name}`, keys, value });
  }

  /** So many blocks; answers the height. */
  produce(blocks = 1): number {
    for (let made = 0; made < blocks; made += 1) {
      const block = this.engine.produce();
      const { runtime } = this.engine.chain.options;
      const codec = runtime.storage("System", "Events");
      const bytes = this.engine.chain.view(block).get(codec.key());
      const records = bytes === undefined ? [] : (codec.decode(bytes) as readonly EventRecord[]);
      this.events.set(block, records.map(seen));
    }
    return this.best;
  }

  produceTo(block: number): void {
    if (block < this.best) throw new Error(`the chain is at ${this.best}, ${block} is over`);
    this.produce(block - this.best);
  }

  /** What the client would choose for a commit in the next block. */
  plan(): Reveal {
    const { state, best } = this;
    const common = { tempo: state.get(items.TEMPO, NETUID), period: state.get(items.REVEAL_PERIOD, NETUID) };
    const { blockMs } = this.engine.chain.options;
    const time = { head: best, nowSeconds: state.get(items.NOW) / 1000, blockSeconds: blockMs / 1000 };
    const stateful = {
      ...common,
      index: state.get(items.EPOCH_INDEX, NETUID),
      lastEpochBlock: state.get(items.LAST_EPOCH_BLOCK, NETUID),
      pendingEpochAt: state.get(items.PENDING_EPOCH_AT, NETUID),
      blocksSinceLastStep: state.get(items.BLOCKS_SINCE_LAST_STEP, NETUID),
    };
    const old = hasOldEpochs(state);
    const reveal = old ? oldRevealRound({ ...common, netuid: NETUID }, time) : revealRound(stateful, time);
    if (typeof reveal === "string") throw new Error(reveal);
    return reveal;
  }

  seal({ round, beacon, ...changed }: SealedRow): Uint8Array {
    const plain = { hotkey: validator.publicKey, uids: [1, 2], values: [65_535, 7], versionKey: "0", ...changed };
    return this.sealBytes(round, encodePayload(plain), beacon);
  }

  sealBytes(round: number, plaintext: Uint8Array, beacon: Uint8Array = this.beaconKey()): Uint8Array {
    this.#sealed += 1;
    const random = (label: string): Uint8Array => sha256(label, String(this.#sealed));
    const ephemeral = { key: random("key"), sigma: random("sigma"), nonce: random("nonce").subarray(0, 12) };
    return encryptTo(round, plaintext, ephemeral, beacon);
  }

  beaconKey(): Uint8Array {
    return (this.state.get(items.BEACON_CONFIG) as { readonly public_key: Uint8Array }).public_key;
  }

  /** Makes the block that takes the commit, and says how its call ended. */
  commit({ commit, round, signer = validator.publicKey, mechid = 0 }: Commit): string {
    let result = "not run";
    const call = {
      pallet: "SubtensorModule",
      call: "commit_timelocked_mechanism_weights",
      args: { netuid: NETUID, mecid: mechid, commit, reveal_round: BigInt(round), commit_reveal_version: 4 },
    };
    this.engine.interventions.plan("after", ({ state, block }) => {
      result = dispatch({ state, block, signer, call }).failure?.error ?? "ok";
    });
    this.produce();
    return result;
  }

  row(mechid = 0, uid = 0): items.WeightPairs {
    return this.state.get(items.WEIGHTS, mechanismIndex(NETUID, mechid), uid);
  }

  /** Filing epochs in the queue of a mechanism. */
  queue(mechid = 0): number[] {
    return this.state.entries(items.TIMELOCKED, mechanismIndex(NETUID, mechid)).map(([, epoch]) => Number(epoch));
  }

  /** `[block, phase, name]` of all that was opened. */
  reveals(): (readonly [number, string])[] {
    return [...this.events].flatMap(([block, events]) =>
      events.filter(({ name }) => name === "TimelockedWeightsRevealed").map(({ phase }) => [block, phase] as const),
    );
  }
}

interface EventRecord {
  readonly phase: { readonly type: string };
  readonly event: { readonly type: string; readonly value: { readonly type: string; readonly value: unknown } };
}

function seen({ phase, event }: EventRecord): SeenEvent {
  return { phase: phase.type, name: event.value.type, fields: event.value.value };
}
