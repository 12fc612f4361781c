import { compact } from "@polkadot-api/substrate-bindings";
import type { ApiMethod, RuntimeCodec } from "../metadata/registry.ts";
import { ScaleError } from "../metadata/scale-error.ts";
import { nextEpochBlock } from "./epoch.ts";
import { hyperparametersV2, hyperparametersV3 } from "./hyperparameters.ts";
import * as items from "./items.ts";
import { fullMetagraph, selectiveMetagraph, subnetState } from "./metagraph.ts";
import { neuronsLite } from "./neurons.ts";
import { invalidParams, RpcError } from "./rpc-error.ts";
import type { TypedState } from "./storage-item.ts";
import { type SubnetView, subnetView } from "./subnet-view.ts";

type Answer = (state: TypedState, args: readonly unknown[], runtime: RuntimeCodec) => unknown;
type OfView = (view: SubnetView, args: readonly unknown[], runtime: RuntimeCodec) => unknown;

function ofSubnet(answer: OfView): Answer {
  return (state, args, runtime) => {
    const view = subnetView(state, Number(args[0]));
    return view === undefined ? undefined : answer(view, args, runtime);
  };
}

/** With the mechanism as second argument. */
function ofMechanism(answer: OfView): Answer {
  return (state, args, runtime) => {
    const view = subnetView(state, Number(args[0]), Number(args[1]));
    return view === undefined ? undefined : answer(view, args, runtime);
  };
}

const selective = (view: SubnetView, indexes: unknown): unknown =>
  selectiveMetagraph(view, indexes as readonly number[]);
const metagraph: OfView = (view, _args, runtime) => fullMetagraph(view, hasCollateral(runtime));

/** What this node answers; everything comes from the state at the block that was asked about. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  AccountNonceApi_account_nonce: (state, [account]) => state.get(items.ACCOUNT, account as Uint8Array)?.nonce ?? 0,
  NeuronInfoRuntimeApi_get_neurons_lite: (state, [netuid]) => {
    const view = subnetView(state, Number(netuid));
    return view === undefined ? [] : neuronsLite(view);
  },
  NeuronInfoRuntimeApi_get_neuron_lite: ofSubnet((view, [, uid]) => neuronsLite(view)[Number(uid)]),
  SubnetInfoRuntimeApi_get_subnet_hyperparams_v2: ofSubnet(hyperparametersV2),
  SubnetInfoRuntimeApi_get_subnet_hyperparams_v3: ofSubnet(hyperparametersV3),
  SubnetInfoRuntimeApi_get_metagraph: ofSubnet(metagraph),
  SubnetInfoRuntimeApi_get_mechagraph: ofMechanism(metagraph),
  SubnetInfoRuntimeApi_get_selective_metagraph: ofSubnet((view, [, indexes]) => selective(view, indexes)),
  SubnetInfoRuntimeApi_get_selective_mechagraph: ofMechanism((view, [, , indexes]) => selective(view, indexes)),
  SubnetInfoRuntimeApi_get_subnet_state: ofSubnet(subnetState),
  SubnetInfoRuntimeApi_get_next_epoch_start_block: (state, [netuid]) => nextEpochBlock(state, Number(netuid)),
};

const NO_WEIGHT = { ref_time: 0, proof_size: 0 };

/** Calls whose argument is a whole extrinsic that needs no reading: all that clients send is free (chain.md §3.9). */
const CONSTANT: Readonly<Record<string, unknown>> = {
  TransactionPaymentApi_query_fee_details: { inclusion_fee: undefined, tip: 0 },
  TaggedTransactionQueue_validate_transaction: {
    type: "Ok",
    value: { priority: 1, requires: [], provides: [], longevity: 64, propagate: true },
  },
};

/** Calls that say what the runtime is, not what its state is. */
export function isRuntimeQuestion(name: string): boolean {
  return name.startsWith("Metadata_") || name.startsWith("Core_");
}

/** Where a call is made. In the block of an upgrade the new runtime answers from values that the old one wrote. */
export interface CallSite {
  readonly state: TypedState;
  readonly runtime: RuntimeCodec;
  /** What every call is said to cost. */
  readonly feeRao: number;
}

/** `state_call`. @throws RpcError for a call the runtime does not have, arguments that do not fit, a call not simulated. */
export function callRuntime({ state, runtime, feeRao }: CallSite, name: string, input: Uint8Array): Uint8Array {
  const about = describeRuntime(runtime, name, input);
  if (about !== undefined) return about;
  const cut = name.indexOf("_");
  const method = runtime.api(name.slice(0, cut), name.slice(cut + 1));
  if (name === "TransactionPaymentApi_query_info") {
    const info = { weight: NO_WEIGHT, class: { type: "Normal" }, partial_fee: feeRao };
    return method === undefined ? plainDispatchInfo(feeRao) : method.encodeOutput(info);
  }
  if (method === undefined) {
    throw new RpcError(4003, `Client error: Execution failed: Other: Exported method ${name} is not found`);
  }
  if (name in CONSTANT) return method.encodeOutput(CONSTANT[name]);
  const answer = ANSWERS[name];
  if (answer === undefined) {
    throw new RpcError(4003, `Client error: Execution failed: the simulated node does not answer ${name}`);
  }
  return method.encodeOutput(answer(state, readInput(method, input), runtime));
}

/**
 * The same without its type: metadata of version 14 has none of any call, yet such a runtime answers, and clients know this one
 * by heart. Two compact weights, the class, the fee as a u64.
 */
function plainDispatchInfo(feeRao: number): Uint8Array {
  const bytes = new Uint8Array(11);
  new DataView(bytes.buffer).setBigUint64(3, BigInt(feeRao), true);
  return bytes;
}

function readInput(method: ApiMethod, input: Uint8Array): readonly unknown[] {
  try {
    return method.decodeInput(input);
  } catch (error) {
    if (error instanceof ScaleError) throw invalidParams(error.message);
    throw error;
  }
}

/** Metadata and version, which also a runtime without API metadata (V14) can tell. */
function describeRuntime(runtime: RuntimeCodec, name: string, input: Uint8Array): Uint8Array | undefined {
  switch (name) {
    case "Core_version": {
      const version = runtime.constant("System", "Version");
      return runtime.api("Core", "version")?.encodeOutput(version);
    }
    case "Metadata_metadata":
      return opaque(runtime.v14);
    case "Metadata_metadata_versions":
      return versionsOf(runtime);
    case "Metadata_metadata_at_version":
      return metadataAt(runtime, input);
    default:
      return undefined;
  }
}

function metadataAt(runtime: RuntimeCodec, input: Uint8Array): Uint8Array {
  if (input.length !== 4) throw invalidParams("the version is a u32");
  const version = new DataView(input.buffer, input.byteOffset).getUint32(0, true);
  const bytes = new Map([
    [14, runtime.v14],
    [15, runtime.v15],
    [16, runtime.v16],
  ]).get(version);
  return bytes == null ? Uint8Array.of(0) : Buffer.concat([Uint8Array.of(1), opaque(bytes)]);
}

/** A file of version 16 is served as it is, beside its older forms: both Python SDKs ask for 15 (sdk-wire.md §2). */
function versionsOf({ v16 }: RuntimeCodec): Uint8Array {
  const versions = v16 === null ? [14, 15] : [14, 15, 16];
  return Uint8Array.of(versions.length << 2, ...versions.flatMap((version) => [version, 0, 0, 0]));
}

function opaque(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([compact.enc(bytes.length), bytes]);
}

const collateral = new WeakMap<RuntimeCodec, boolean>();

/** Whether the metadata's metagraph has the collateral columns: the struct's codec refuses fields it does not know. */
function hasCollateral(runtime: RuntimeCodec): boolean {
  const known = collateral.get(runtime);
  if (known !== undefined) return known;
  let has = true;
  try {
    const method = runtime.api("SubnetInfoRuntimeApi", "get_selective_metagraph");
    method?.encodeOutput({ netuid: 0, collateral_locked: undefined });
  } catch (error) {
    if (!(error instanceof ScaleError)) throw error;
    has = false;
  }
  collateral.set(runtime, has);
  return has;
}
