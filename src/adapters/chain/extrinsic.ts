import { fromHex, toHex } from "../../core/determinism/digest.ts";
import type { CycleKey, Hex } from "../../core/model/ids.ts";
import type { Commit } from "../../core/model/records.ts";
import type { SubmissionPlan } from "../../ports/chain.ts";
import type { Signer } from "../../ports/signer.ts";
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

/** A call with its name as `pallet.call`. */
export interface NamedCall {
  readonly name: string;
  readonly call: Call;
}

export type DirectWeights = Pick<SubmissionPlan, "cycle" | "uids" | "values" | "versionKey">;

/**
 * The call this runtime offers for direct weights (D4): with a mechanism where it knows them, else the plain one for
 * mechanism 0; null when it has neither.
 */
export function weightsCall(api: PolkadotApi, weights: DirectWeights): NamedCall | null {
  const calls = api.tx["subtensorModule"] ?? {};
  const { netuid, mechid } = weights.cycle;
  const [uids, values] = [[...weights.uids], [...weights.values]];
  const call = calls["setMechanismWeights"]?.(netuid, mechid, uids, values, weights.versionKey);
  if (call !== undefined) return { name: "SubtensorModule.set_mechanism_weights", call };
  const plain = mechid === 0 ? calls["setWeights"]?.(netuid, uids, values, weights.versionKey) : undefined;
  return plain === undefined ? null : { name: "SubtensorModule.set_weights", call: plain };
}

/** The same for a sealed vector. Its bytes go as text: the library takes an array for one with its length in front (T1). */
export function commitCall(
  api: PolkadotApi,
  { netuid, mechid }: CycleKey,
  { bytes, round, version }: Pick<Commit, "bytes" | "round" | "version">,
): NamedCall | null {
  const calls = api.tx["subtensorModule"] ?? {};
  const call = calls["commitTimelockedMechanismWeights"]?.(netuid, mechid, bytes, round, version);
  if (call !== undefined) return { name: "SubtensorModule.commit_timelocked_mechanism_weights", call };
  const plain = mechid === 0 ? calls["commitTimelockedWeights"]?.(netuid, bytes, round, version) : undefined;
  return plain === undefined ? null : { name: "SubtensorModule.commit_timelocked_weights", call: plain };
}

/** Whether the runtime offers the call of a mode that nobody here knows (chain-newest.md §9). */
export function offersRivalCall(api: PolkadotApi): boolean {
  return api.tx["subtensorModule"]?.["setWeightsV2"] !== undefined;
}

export interface ExtrinsicParts {
  readonly call: Call;
  readonly nonce: number;
  readonly era: Era;
}

/** Signs with our hotkey. The payload's layout comes from the metadata's extensions (chain.md §3.8); the tip is 0. */
export function signExtrinsic(api: PolkadotApi, signer: Signer, parts: ExtrinsicParts): Omit<SignedExtrinsic, "call"> {
  const { call } = parts;
  const value = payloadOf(api, parts);
  const payload = api.registry.createTypeUnsafe("ExtrinsicPayload", [value, { version: call.version }]);
  // `method: true` leaves out the call's length, which is not part of what is signed.
  const bytes = payload.toU8a({ method: true } as never);
  const signature = signer.sign({ kind: "extrinsic", payload: bytes, genesis: api.genesisHash.toHex() });
  const extrinsic = withSignature(signer, { call, value, signature });
  return { bytes: toHex(extrinsic), hash: toHex(api.registry.hash(extrinsic).toU8a()) };
}

/** The extrinsic with a signature that is none: to ask what it would cost before anything is signed. */
export function unsignedExtrinsic(api: PolkadotApi, signer: Signer, parts: ExtrinsicParts): Hex {
  const signature: Hex = `0x${"01".repeat(64)}`;
  // A copy: the library's call remembers that it has been signed.
  return toHex(
    withSignature(signer, { call: api.tx(parts.call.method as never), value: payloadOf(api, parts), signature }),
  );
}

function payloadOf(api: PolkadotApi, { call, nonce, era }: ExtrinsicParts): object {
  return {
    method: call.method.toHex(),
    era: api.registry.createType("ExtrinsicEra", { current: era.birth, period: era.period }),
    nonce,
    tip: 0,
    mode: 0,
    metadataHash: null,
    specVersion: api.runtimeVersion.specVersion,
    transactionVersion: api.runtimeVersion.transactionVersion,
    genesisHash: api.genesisHash.toHex(),
    blockHash: era.birthHash,
  };
}

function withSignature(
  signer: Signer,
  { call, value, signature }: { readonly call: Call; readonly value: object; readonly signature: Hex },
): Uint8Array {
  call.addSignature(signer.hotkey, multiSignature(signer, signature), value as never);
  return call.toU8a();
}

/** A MultiSignature is the scheme's index, 0 for ed25519 and 1 for sr25519, then the 64 bytes. */
function multiSignature(signer: Signer, signature: Hex): Hex {
  return `0x${signer.cryptoType === "ed25519" ? "00" : "01"}${signature.slice(2)}`;
}

/** The hash of an extrinsic as it stands in a block. */
export function extrinsicHash(api: PolkadotApi, bytes: Hex): Hex {
  return toHex(api.registry.hash(fromHex(bytes)).toU8a());
}
