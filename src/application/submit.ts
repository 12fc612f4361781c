import { parentsOf } from "../core/audit/parents.ts";
import { recordDigest } from "../core/determinism/digest.ts";
import { ValidatorError } from "../core/model/fault.ts";
import type { Digest } from "../core/model/ids.ts";
import type { Submission, WeightVector } from "../core/model/records.ts";
import type { CycleLog } from "../ports/journal.ts";
import { type Desk, pauseOf, resume, type SubmitOptions, send } from "./attempts.ts";
import type { CyclePorts } from "./cycle-context.ts";
import { type Decided, decided, withheld } from "./decided.ts";
import { guardCommit } from "./guard-commit.ts";
import { begunFacts } from "./plan-of.ts";
import { isClosed } from "./submission-window.ts";

/**
 * Guard, claim, send, confirm. The claim is exclusive and on disk before anything is signed; an open claim of an earlier
 * process is settled by looking at the chain before anything new is signed (DESIGN promise 2).
 * @throws ValidatorError `claim-held` (journal), `foreign-update` (doppelganger).
 */
export async function submit(
  ports: CyclePorts,
  log: CycleLog,
  vector: WeightVector,
  options: SubmitOptions,
): Promise<Submission> {
  const known = log.find("submission");
  if (known !== undefined) return known;
  const submission = {
    kind: "submission",
    parents: parentsOf(vector),
    ...(await decide({ ports, log, vector, options })),
  } as const;
  await log.append(submission);
  return submission;
}

async function decide(desk: Desk): Promise<Decided> {
  const { log, vector } = desk;
  const [reason] = vector.withhold;
  if (reason !== undefined) return withheld(reason);
  const begun = begunFacts(log);
  if (begun === undefined) {
    const obstacle = await opened(desk);
    if (obstacle !== undefined) return obstacle;
  }
  await claim(log, recordDigest(vector));
  const outcome = begun === undefined ? await send(desk) : await resume(desk, begun);
  return decided(await guardCommit(desk, outcome));
}

const POLL_MS = 250;

/**
 * Waits for the window, which may move meanwhile, and in a service for the end of a pause: an operator who resumes within the
 * epoch loses nothing. Why nothing may be sent, once the time is over.
 */
async function opened({ options: { signal, window }, ports }: Desk): Promise<Decided | undefined> {
  for (;;) {
    const now = await window.now(signal);
    const paused = pauseOf(ports);
    if (paused !== undefined && (isClosed(now) || !window.waits)) return decided(paused);
    if (isClosed(now)) return withheld("epoch-over");
    if (now.height >= now.from && paused === undefined) return undefined;
    await ports.clock.sleep(POLL_MS, signal);
  }
}

async function claim(log: CycleLog, vector: Digest): Promise<void> {
  const held = await log.claim(vector);
  if (held !== "other") return;
  throw new ValidatorError("Another weight vector already holds the claim of this epoch; nothing was signed.", {
    exit: "journal",
    code: "claim-held",
    blame: "validator",
    remedy: "Two versions of one cycle's journal were mixed. Restore the data folder from one host only.",
  });
}
