import { toLine } from "../core/audit/bundle-lines.ts";
import { byPlace } from "../core/audit/parents.ts";
import { sealBody, sealBodyDigest } from "../core/audit/seal-body.ts";
import { recordDigest } from "../core/determinism/digest.ts";
import type { Digest } from "../core/model/ids.ts";
import { RECORD_KINDS } from "../core/model/record-base.ts";
import type { CycleRecord, ScoreSheet, Seal, Submission } from "../core/model/records.ts";
import type { CycleLog } from "../ports/journal.ts";
import { NOTHING_SPENT, type Spend } from "../ports/spend.ts";
import type { CyclePorts } from "./cycle-context.ts";

export interface SealedResult {
  readonly records: readonly CycleRecord[];
  readonly seal: Digest;
  readonly bundle: string;
}

/** Seals a cycle whose every stage is on disk: Merkle root, previous seal, secret, signature; then the bundle file. */
export async function sealCycle(
  ports: CyclePorts,
  log: CycleLog,
  made: { readonly sheet: ScoreSheet; readonly submission: Submission },
): Promise<SealedResult> {
  const records = RECORD_KINDS.flatMap((kind) => (kind === "seal" ? [] : inOrder(log, kind)));
  const known = log.find("seal");
  const seal = known ?? signedSeal(ports, log, records, made.submission);
  if (known === undefined) await log.append(seal);
  const whole = [...records, seal];
  const digest = recordDigest(seal);
  const bundle = await log.seal(whole.map(toLine), digest, made.sheet.after);
  return { records: whole, seal: digest, bundle };
}

function inOrder(log: CycleLog, kind: Exclude<CycleRecord["kind"], "seal">): readonly CycleRecord[] {
  if (kind === "response") return byPlace(log.list("response"));
  if (kind === "judgement") return byPlace(log.list("judgement"));
  return log.list(kind);
}

function signedSeal(ports: CyclePorts, log: CycleLog, records: readonly CycleRecord[], submission: Submission): Seal {
  const { netuid, mechid } = log.key;
  const body = sealBody({
    records,
    submission,
    previousSeal: ports.journal.last(netuid, mechid)?.seal ?? null,
    secret: log.secret,
    spend: (log.kept("spend") as Spend | undefined) ?? NOTHING_SPENT,
    hotkey: ports.signer?.hotkey ?? null,
    cryptoType: ports.signer?.cryptoType ?? null,
  });
  const signature = ports.signer?.sign({ kind: "seal", digest: sealBodyDigest(body) }) ?? "absent";
  return { ...body, signature };
}
