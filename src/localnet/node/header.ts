import { Blake2256, compact } from "@polkadot-api/substrate-bindings";
import { fromHex, toHex } from "../../core/determinism/digest.ts";
import type { Hex } from "../../core/model/ids.ts";

export interface Header {
  readonly parentHash: Hex;
  readonly number: number;
  readonly stateRoot: Hex;
  readonly extrinsicsRoot: Hex;
}

export interface JsonHeader {
  readonly parentHash: Hex;
  readonly number: Hex;
  readonly stateRoot: Hex;
  readonly extrinsicsRoot: Hex;
  readonly digest: { readonly logs: readonly Hex[] };
}

const NO_PARENT: Hex = `0x${"00".repeat(32)}`;
const encoder = new TextEncoder();

function root(label: string, ...parts: readonly Uint8Array[]): Hex {
  const tag = encoder.encode(`touchstone/localnet/${label}\0`);
  return toHex(Blake2256(Buffer.concat([tag, ...parts])));
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** Hash of a block = blake2-256 of its header, as every client computes it. */
export function hashOf(header: Header): Hex {
  const parts = [
    fromHex(header.parentHash),
    compact.enc(header.number),
    fromHex(header.stateRoot),
    fromHex(header.extrinsicsRoot),
    // An empty digest: no logs.
    Uint8Array.of(0),
  ];
  return toHex(Blake2256(Buffer.concat(parts)));
}

/**
 * Headers are real in that hashes are computed from them and parents chain, but their roots say nothing about state or
 * extrinsics: they are drawn from seed and metadata (genesis) and from height and genesis (all others), so that block hashes,
 * and all that is drawn from them, repeat whatever clients do meanwhile (DESIGN §6).
 */
export function genesisHeader(seed: number, metadata: Uint8Array): Header {
  const stateRoot = root("genesis", encoder.encode(`${seed}\0`), metadata);
  return { parentHash: NO_PARENT, number: 0, stateRoot, extrinsicsRoot: root("extrinsics", u32(0)) };
}

export interface HeaderSource {
  readonly genesis: Hex;
  readonly seed: number;
  /** Blocks of this height that were put aside before it; 0 on a chain without forks. */
  readonly sibling: number;
}

export function childHeader({ genesis, seed, sibling }: HeaderSource, parentHash: Hex, number: number): Header {
  const branch = sibling === 0 ? [] : [u32(sibling)];
  const origin = [fromHex(genesis), encoder.encode(`${seed}\0`), u32(number), ...branch];
  return { parentHash, number, stateRoot: root("state", ...origin), extrinsicsRoot: root("extrinsics", ...origin) };
}

export function jsonHeader(header: Header): JsonHeader {
  return { ...header, number: `0x${header.number.toString(16)}`, digest: { logs: [] } };
}
