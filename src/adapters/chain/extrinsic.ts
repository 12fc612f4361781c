import { fromHex, toHex } from "../../core/determinism/digest.ts";
import type { Hex } from "../../core/model/ids.ts";
import type { SubmissionPlan } from "../../ports/chain.ts";
import type { Signer } from "../../ports/signer.ts";
import { unsupportedRuntime } from "./chain-fault.ts";
import type { PolkadotApi } from "./polkadot.ts";

/** The block an extrinsic's era begins with, and for how many blocks it may be included. */
export interface Era {
  readonly birth: number;
  readonly birthHash: Hex;
  readonly period: number;
}

export interface SignedExtrinsic {
  /** `pallet.call` in the metadata's spelling. */
  readonly call: string;
  readonly bytes: Hex;
  /** Blake2-256 of the bytes, by which blocks are searched. */
  readonly hash: Hex;
}

type Call = ReturnType<PolkadotApi["tx"][string][string]>;

/** The call this runtime offers (D4): with a mechanism where it knows them, else the plain one for mechanism 0. */
export function weightsCall(api: PolkadotApi, plan: SubmissionPlan): { readonly name: string; readonly call: Call } {
  const calls = api.tx["subtensorModule"] ?? {};
  const { netuid, mechid } = plan.cycle;
  const [uids, values] = [[...plan.uids], [...plan.values]];
  if (calls["setMechanismWeights"] !== undefined) {
    const call = calls["setMechanismWeights"](netuid, mechid, uids, values, plan.versionKey);
    return { name: "SubtensorModule.set_mechanism_weights", call };
  }
  if (calls["setWeights"] === undefined || mechid !== 0)
    throw unsupportedRuntime(`weight call for mechanism ${mechid}`);
  return { name: "SubtensorModule.set_weights", call: calls["setWeights"](netuid, uids, values, plan.versionKey) };
}

/** Signs with our hotkey. The payload's layout comes from the metadata's extensions (chain.md §3.8); the tip is 0. */
export function signExtrinsic(
  api: PolkadotApi,
  signer: Signer,
  { call, nonce, era }: { readonly call: Call; readonly nonce: number; readonly era: Era },
): Omit<SignedExtrinsic, "call"> {
  const genesis = api.genesisHash.toHex();
  const value = {
    method: call.method.toHex(),
    era: api.registry.createType("ExtrinsicEra", { current: era.birth, period: era.period }),
    nonce,
    tip: 0,
    mode: 0,
    metadataHash: null,
    specVersion: api.runtimeVersion.specVersion,
    transactionVersion: api.runtimeVersion.transactionVersion,
    genesisHash: genesis,
    blockHash: era.birthHash,
  };
  const payload = api.registry.createTypeUnsafe("ExtrinsicPayload", [value, { version: call.version }]);
  // `method: true` leaves out the call's length, which is not part of what is signed.
  const signature = signer.sign({ kind: "extrinsic", payload: payload.toU8a({ method: true } as never), genesis });
  call.addSignature(signer.hotkey, multiSignature(signer, signature), value as never);
  const bytes = call.toU8a();
  return { bytes: toHex(bytes), hash: toHex(api.registry.hash(bytes).toU8a()) };
}

/** A MultiSignature is the scheme's index, 0 for ed25519 and 1 for sr25519, then the 64 bytes. */
function multiSignature(signer: Signer, signature: Hex): Hex {
  return `0x${signer.cryptoType === "ed25519" ? "00" : "01"}${signature.slice(2)}`;
}

/** The hash of an extrinsic as it stands in a block. */
export function extrinsicHash(api: PolkadotApi, bytes: Hex): Hex {
  return toHex(api.registry.hash(fromHex(bytes)).toU8a());
}
