import { toHex } from "../../core/determinism/digest.ts";
import type { Hex } from "../../core/model/ids.ts";
import type { CommitmentField } from "../../core/model/metagraph.ts";
import type { Tables } from "./polkadot.ts";

/**
 * A commitment's row read by hand: `deposit u64, block u32, Vec<Data>` (chain.md §6.1). The library takes 0.1 ms for each,
 * most of a snapshot. Used where the metadata shows exactly this layout; whatever is unusual is left to the library.
 */
export interface Registration {
  readonly block: number;
  readonly fields: readonly CommitmentField[];
}

const LAYOUT = '{"deposit":"u64","block":"u32","info":"PalletCommitmentsCommitmentInfo"}';
const FIELDS = '{"fields":"Vec<PalletCommitmentsData>"}';
const LANDMARKS: ReadonlyMap<number, string> = new Map([
  [0, "None"],
  [1, "Raw0"],
  [129, "Raw128"],
  [130, "BlakeTwo256"],
  [133, "ShaThree256"],
  [136, "BigRaw"],
]);

const checked = new WeakMap<Tables["registry"]["metadata"], { readonly spec: string; readonly known: boolean }>();

/** Whether this runtime's metadata shows the layout that {@link readRegistration} reads. */
export function knowsLayout(tables: Tables): boolean {
  const value = tables.query["commitments"]?.["commitmentOf"]?.creator.meta.type.asMap.value;
  if (value === undefined) return false;
  const spec = value.toString();
  const before = checked.get(tables.registry.metadata);
  if (before?.spec === spec) return before.known;
  const { lookup } = tables.registry;
  const known = lookup.getTypeDef(value).type === LAYOUT && infoMatches(tables) && landmarksMatch(tables);
  checked.set(tables.registry.metadata, { spec, known });
  return known;
}

function infoMatches({ registry }: Tables): boolean {
  const info = typeAt(registry, "pallet_commitments::types::CommitmentInfo");
  return info !== undefined && registry.lookup.getTypeDef(info.id).type === FIELDS;
}

function landmarksMatch({ registry }: Tables): boolean {
  const data = typeAt(registry, "pallet_commitments::types::Data");
  if (data === undefined || !data.type.def.isVariant) return false;
  const names = new Map(
    data.type.def.asVariant.variants.map((variant) => [variant.index.toNumber(), variant.name.toString()]),
  );
  return [...LANDMARKS].every(([index, name]) => names.get(index) === name);
}

function typeAt(
  registry: Tables["registry"],
  path: string,
): Tables["registry"]["metadata"]["lookup"]["types"][number] | undefined {
  return registry.metadata.lookup.types.find(({ type }) => type.path.map(String).join("::") === path);
}

const HEAD = 12;

/** Null for everything but raw and hash fields that fill the bytes exactly. */
export function readRegistration(bytes: Uint8Array): Registration | null {
  const length = bytes[HEAD];
  if (length === undefined || length % 4 !== 0) return null;
  const fields: CommitmentField[] = [];
  let at = HEAD + 1;
  for (let left = length / 4; left > 0; left -= 1) {
    const field = readField(bytes, at);
    if (field === null) return null;
    fields.push({ kind: field.kind, data: field.data });
    at = field.end;
  }
  if (at !== bytes.length) return null;
  return { block: new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true), fields };
}

function readField(
  bytes: Uint8Array,
  at: number,
): { readonly kind: CommitmentField["kind"]; readonly data: Hex; readonly end: number } | null {
  const variant = bytes[at];
  if (variant === undefined || variant > 136) return null;
  if (variant === 0) return { kind: "none", data: "0x", end: at + 1 };
  const [start, size] = contentOf(bytes, at, variant);
  if (size < 0 || start + size > bytes.length) return null;
  const kind = variant >= 130 && variant <= 133 ? "hash" : "raw";
  return { kind, data: toHex(bytes.subarray(start, start + size)), end: start + size };
}

/** Where a field's bytes begin and how many there are; −1 for what is left to the library. */
function contentOf(bytes: Uint8Array, at: number, variant: number): readonly [number, number] {
  if (variant <= 129) return [at + 1, variant - 1];
  if (variant <= 133) return [at + 1, 32];
  const low = bytes[at + 1];
  if (variant !== 136 || low === undefined) return [at, -1];
  if (low % 4 === 0) return [at + 2, low / 4];
  return low % 4 === 1 ? [at + 3, Math.floor(low / 4) + 64 * (bytes[at + 2] ?? 0)] : [at, -1];
}
