import type { Hex, Ss58 } from "../../core/model/ids.ts";
import { addressOf, cryptoReady, publicKeyOf } from "../chutes/sr25519.ts";
import { Engine } from "./engine.ts";
import type { NodeFault } from "./faults.ts";
import type { GenesisOptions } from "./genesis.ts";
import * as items from "./items.ts";
import type { NodeLedger } from "./ledger.ts";
import { mechanismIndex } from "./mechanism.ts";
import { ownerAction } from "./owner.ts";
import type { OwnerAction } from "./owner-action.ts";
import type { StorageWrite } from "./producer.ts";
import type { BeaconFaults } from "./pulses.ts";
import { serveRpc } from "./server.ts";
import type { TypedState } from "./storage-item.ts";
import type { UpgradeRequest } from "./upgrade.ts";

export interface SimNodeOptions extends GenesisOptions {
  /** Pace of blocks in real time, and the step of `Timestamp.Now` in either mode. */
  readonly blockMs: number;
  /** Blocks between best and finalized head; now and then one more, because real finality comes in jumps. */
  readonly finalityLag: number;
  /** No timer: blocks come by `advance` only. */
  readonly virtual: boolean;
  /** 0 = any free port. */
  readonly port: number;
  /** What the chain says that every call costs, in rao; 0 unless told. Nothing is ever charged. */
  readonly feeRao?: number;
}

/** A running simulated node (DESIGN §7). */
export interface SimNode extends AsyncDisposable {
  /** `ws://127.0.0.1:<port>`. */
  readonly url: string;
  readonly genesis: Hex;
  readonly netuid: number;
  /** Best block. */
  height(): number;
  finalized(): number;
  /** Makes that many blocks at once and answers the new best height; other requests are served in between. */
  advance(blocks: number): Promise<number>;
  ledger(): NodeLedger;
  /** Replaces all rules. @throws ValidatorError for a rule this node cannot follow. */
  setFaults(rules: readonly NodeFault[]): void;
  /** u16 incentive by uid, of mechanism 0, at the best block. */
  incentives(): readonly number[];
  /** Hotkeys that hold a validator permit at the best block. */
  validatorHotkeys(): readonly Ss58[];
  isRegistered(hotkey: Ss58): boolean;
  /**
   * Sets a storage item in the next block, for tests and rehearsals: what the owner, root or time would change.
   * @throws Error when the metadata has no such item or the value does not fit it.
   */
  setStorage(write: StorageWrite): void;
  /** Withholds or loses pulses of the chain's beacon. */
  readonly beacon: BeaconFaults;
  /**
   * What the subnet's owner does, in the next block. @returns the block in which it shows
   * @throws ValidatorError with a sentence for an action that is none, or that the chain refuses
   */
  owner(action: OwnerAction): { readonly block: number };
  /**
   * A live runtime upgrade: the next block carries it out, the one after is the first that the new runtime makes.
   * @throws ValidatorError for metadata that cannot be used, or a spec version that is there already
   */
  upgrade(request: UpgradeRequest): { readonly block: number; readonly specVersion: number };
  /** Round trips (waves.ts) since `markWaves` on the connection that had most of them. */
  waves(): number;
  /** Counts round trips from 0 again. */
  markWaves(): void;
  /** The same for an item of SubtensorModule that is kept by netuid: `Tempo`, `CommitRevealWeightsEnabled` … */
  setHyperparameter(name: string, value: unknown): void;
}

/** Starts the node; it is past its first epoch when this resolves. @throws ValidatorError for options that do not fit */
export async function startNode(options: SimNodeOptions): Promise<SimNode> {
  await cryptoReady();
  const engine = new Engine(options);
  const { chain } = engine;
  const server = await serveRpc(engine, options.port);
  const timer = options.virtual ? undefined : setInterval(() => engine.produce(), options.blockMs);
  const best = (): TypedState => chain.state(chain.best);
  return {
    url: `ws://127.0.0.1:${server.port}`,
    genesis: chain.genesis,
    netuid: options.netuid,
    height: () => chain.best,
    finalized: () => chain.finalized,
    advance: (blocks) => engine.advance(blocks),
    ledger: () => engine.ledger.snapshot(),
    setFaults: (rules) => {
      engine.faults.set(rules);
    },
    incentives: () => best().get(items.INCENTIVE, mechanismIndex(options.netuid, 0)),
    validatorHotkeys: () => validatorHotkeys(best(), options.netuid),
    isRegistered: (hotkey) => {
      const key = publicKeyOf(hotkey);
      return key !== undefined && best().get(items.UIDS, options.netuid, key) !== undefined;
    },
    setStorage: (write) => {
      engine.producer.plan(write);
    },
    owner: (action) => ownerAction(engine, action),
    upgrade: (request) => engine.upgrade(request),
    waves: () => engine.waves.count(),
    markWaves: () => {
      engine.waves.mark();
    },
    beacon: engine.producer.pulses,
    setHyperparameter: (name, value) => {
      engine.producer.plan({ item: `SubtensorModule.${name}`, keys: [options.netuid], value });
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await server.close();
    },
  };
}

function validatorHotkeys(state: TypedState, netuid: number): readonly Ss58[] {
  const permits = state.get(items.PERMITS, netuid);
  return permits.flatMap((permit, uid) => (permit ? [addressOf(state.get(items.KEYS, netuid, uid))] : []));
}
