import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { RetentionConfig } from "../../core/model/config.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { journalError } from "./sqlite-error.ts";

/** Nothing is deleted unless the configuration says so: bundles are the evidence. */
export const KEEP_BUNDLES: RetentionConfig = { bundleDays: null, bundleBytes: null, records: 8 };

/** So many newest bundles of a mechanism stay whatever the bounds are: the next cycle goes on from them. */
const NEWEST = 2;
const DAY_MS = 86_400_000;

/** A sealed cycle as the journal lists it; `at` is when it was sealed, null where an older version did not note it. */
export interface SealedFile {
  readonly netuid: number;
  readonly mechid: number;
  readonly epoch: number;
  readonly bundle: string;
  readonly at: number | null;
}

interface Kept extends SealedFile {
  readonly bytes: number;
  readonly sealedAt: number;
}

/**
 * Deletes bundle files beyond the bounds, oldest first, and says of each that it did. Files that no journal row names are
 * another's and stay. A file that is not there any more was moved or deleted by somebody, who needs no help.
 * @param sealed sealed cycles in the order of sealing, oldest first
 * @throws ValidatorError exit `journal` when the folder does not allow it.
 */
export function deleteOldBundles(
  folder: string,
  sealed: readonly SealedFile[],
  rule: RetentionConfig,
  telemetry: Telemetry,
): void {
  if (rule.bundleDays === null && rule.bundleBytes === null) return;
  const files = sealed.flatMap((cycle) => present(folder, cycle));
  for (const { file, reason } of tooOld(files, rule, Date.now())) {
    try {
      rmSync(join(folder, file.bundle));
    } catch (error) {
      throw journalError(error, join(folder, file.bundle));
    }
    const { netuid, mechid, epoch, bytes, bundle } = file;
    telemetry.event("info", "bundle-deleted", { netuid, mechid, epoch, file: bundle, bytes, reason });
  }
}

function present(folder: string, cycle: SealedFile): readonly Kept[] {
  const facts = statSync(join(folder, cycle.bundle), { throwIfNoEntry: false });
  return facts === undefined ? [] : [{ ...cycle, bytes: facts.size, sealedAt: cycle.at ?? facts.mtimeMs }];
}

function tooOld(
  files: readonly Kept[],
  rule: RetentionConfig,
  now: number,
): readonly { readonly file: Kept; readonly reason: "age" | "size" }[] {
  const oldest = now - (rule.bundleDays ?? Number.POSITIVE_INFINITY) * DAY_MS;
  const allowed = rule.bundleBytes ?? Number.POSITIVE_INFINITY;
  const untouchable = newest(files);
  let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const result: { file: Kept; reason: "age" | "size" }[] = [];
  for (const file of files) {
    const reason = file.sealedAt < oldest ? "age" : "size";
    if (untouchable.has(file) || (reason === "size" && total <= allowed)) continue;
    total -= file.bytes;
    result.push({ file, reason });
  }
  return result;
}

function newest(files: readonly Kept[]): ReadonlySet<Kept> {
  const counts = new Map<string, number>();
  return new Set(
    files.toReversed().filter(({ netuid, mechid }) => {
      const count = (counts.get(`${netuid}/${mechid}`) ?? 0) + 1;
      counts.set(`${netuid}/${mechid}`, count);
      return count <= NEWEST;
    }),
  );
}
