import { Blake2256 } from "@polkadot-api/substrate-bindings";
import { ValidatorError } from "../../core/model/fault.ts";
import { encodeMetadata } from "../metadata/build.ts";
import { type RuntimeCodec, runtimeFromMetadata, type StorageCodec } from "../metadata/registry.ts";
import { ScaleError } from "../metadata/scale-error.ts";
import { readMetadata } from "../metadata/versions.ts";
import { PULSES } from "./items.ts";
import type { StateView } from "./state.ts";
import type { WritableState } from "./storage-item.ts";

/** `:code`. */
export const CODE_KEY = "0x3a636f6465";

/** A live runtime upgrade (DESIGN §6, `/upgrade`); at least one of the first two. */
export interface UpgradeRequest {
  /** Default: that of the metadata, or one more than now. */
  readonly specVersion?: number;
  /** Raw metadata, V14 to V16; default: the present one with another spec version. */
  readonly metadata?: Uint8Array;
  /** Which of the two messages about the block of the upgrade clients get first; default `version-first`. */
  readonly order?: UpgradeOrder;
}

export type UpgradeOrder = "version-first" | "head-first";

/**
 * The runtime an upgrade leads to.
 * @throws ValidatorError for bytes that are no metadata, or the spec version that is there already
 */
export function upgradedRuntime(now: RuntimeCodec, request: UpgradeRequest): RuntimeCodec {
  const given = request.metadata === undefined ? undefined : readRuntime(request.metadata);
  const base = given ?? now;
  const spec = request.specVersion ?? given?.specVersion ?? now.specVersion + 1;
  if (!(Number.isSafeInteger(spec) && spec > 0 && spec < 0x1_0000_0000)) {
    throw refused(`spec version ${spec} is no u32`, "give a whole number");
  }
  if (spec === now.specVersion) throw refused(`spec version ${spec} is there already`, "give another one");
  return base.specVersion === spec ? base : runtimeFromMetadata(withSpec(base, spec));
}

function readRuntime(bytes: Uint8Array): RuntimeCodec {
  try {
    return runtimeFromMetadata(bytes);
  } catch (cause) {
    throw refused("the metadata cannot be used", "give raw metadata of version 14, 15 or 16", cause);
  }
}

/** The same metadata with another `spec_version` in the constant `System.Version`. */
function withSpec(runtime: RuntimeCodec, spec: number): Uint8Array {
  const { model } = readMetadata(runtime.v15);
  const version = runtime.constant("System", "Version") as { readonly spec_version: number };
  const value = `0x${Buffer.from(runtime.encodeConstant("System", "Version", { ...version, spec_version: spec })).toString("hex")}`;
  const pallets = model.pallets.map((pallet) => {
    if (pallet.name !== "System") return pallet;
    const constants = pallet.constants.map((constant) =>
      constant.name === "Version" ? { ...constant, value: value as typeof constant.value } : constant,
    );
    return { ...pallet, constants };
  });
  return encodeMetadata({ tag: "v15", value: { ...model, pallets } });
}

/** Stands for the code: some clients watch its hash to see upgrades. */
export function codeOf(runtime: RuntimeCodec): Uint8Array {
  return Blake2256(runtime.v15);
}

/**
 * What the first block of a new runtime does to the values of the old one: those whose type changed are written again where
 * the decoded value fits the new type; others stay as they are, as do items that the new runtime does not have.
 */
export function migrate(state: WritableState, from: RuntimeCodec, view: StateView): void {
  const { runtime } = state;
  for (const [pallet, item] of from.storageItems) {
    // Pulses are made when somebody reads them, which takes long, and no runtime has had them in another shape.
    const isPulses = pallet === PULSES.pallet && item === PULSES.name;
    if (isPulses || !runtime.hasStorage(pallet, item)) continue;
    const before = from.storage(pallet, item);
    const after = runtime.storage(pallet, item);
    for (const key of view.keysOf(before.prefix)) {
      const bytes = view.get(key) ?? new Uint8Array(0);
      const next = reencoded(bytes, before, after);
      if (Buffer.compare(next, bytes) !== 0) state.overlay.put(key, next);
    }
  }
}

/** The same bytes when the value does not fit the new type. */
function reencoded(bytes: Uint8Array, before: StorageCodec, after: StorageCodec): Uint8Array {
  try {
    return after.encode(before.decode(bytes));
  } catch (error) {
    if (error instanceof ScaleError) return bytes;
    throw error;
  }
}

function refused(message: string, remedy: string, cause?: unknown): ValidatorError {
  return new ValidatorError(message, {
    exit: "configuration",
    code: "upgrade-invalid",
    blame: "validator",
    remedy,
    cause,
  });
}
