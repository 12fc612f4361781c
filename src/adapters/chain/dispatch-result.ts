import { dispatchRefusal } from "../../core/chain/refusals.ts";
import { fromHex } from "../../core/determinism/digest.ts";
import type { Fault } from "../../core/model/fault.ts";
import { LinkError } from "./chain-fault.ts";
import type { ChainConnection } from "./connection.ts";
import type { Inclusion } from "./follow.ts";
import type { Registry } from "./polkadot.ts";
import { type Decoded, decodeWith, storageKey, viewAt } from "./view.ts";

const EVENTS = { pallet: "system", item: "events", keys: [] };

/** What is used of the library's event records. */
interface EventRecords extends Decoded, Iterable<EventRecord> {}
interface EventRecord {
  readonly phase: { readonly isApplyExtrinsic: boolean; readonly asApplyExtrinsic: { toNumber(): number } };
  readonly event: { readonly section: string; readonly method: string; readonly data: readonly Decoded[] };
}

/** What the block made of the extrinsic: null for success, else the refusal with its sentence. */
export async function dispatchResult(
  connection: ChainConnection,
  inclusion: Inclusion,
  signal: AbortSignal,
): Promise<Fault | null> {
  const view = await viewAt(connection, inclusion.block.hash, signal);
  const key = storageKey(view.tables, EVENTS) ?? "";
  const stored = (await view.raw([key])).get(key) ?? null;
  const result = decodeWith(view.tables, EVENTS, stored, (records: EventRecords) => resultIn(records, inclusion.index));
  if (result === null) throw new LinkError("The chain node shows no result for an extrinsic that stands in its block.");
  return result.error === null ? null : dispatchRefusal(errorName(view.tables.registry, result.error));
}

function resultIn(records: EventRecords, index: number): { readonly error: unknown } | null {
  for (const { phase, event } of records) {
    if (!phase.isApplyExtrinsic || phase.asApplyExtrinsic.toNumber() !== index || event.section !== "system") continue;
    if (event.method === "ExtrinsicSuccess") return { error: null };
    if (event.method === "ExtrinsicFailed") return { error: event.data[0]?.toJSON() ?? "unknown" };
  }
  return null;
}

/** By name through the metadata: indexes shift between runtimes (chain.md §10). */
function errorName(registry: Registry, error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  const module = (error as { readonly module?: { readonly index: number; readonly error: string } }).module;
  if (module === undefined) return Object.keys(error)[0] ?? "unknown";
  const [code = 0] = fromHex(module.error);
  return moduleError(registry, module.index, code);
}

function moduleError(registry: Registry, pallet: number, code: number): string {
  try {
    const found = registry.findMetaError(Uint8Array.of(pallet, code));
    return found.section === "subtensorModule" ? found.name : `${capital(found.section)}.${found.name}`;
  } catch (error) {
    throw new LinkError(
      `The chain node reports error ${code} of pallet ${pallet}, which its tables do not name.`,
      error,
    );
  }
}

function capital(section: string): string {
  return section.slice(0, 1).toUpperCase() + section.slice(1);
}
