import type { Fault, FaultEvidence } from "../../core/model/fault.ts";
import type { BrokenReason } from "./broken-reason.ts";
import type { AnswerProblem } from "./completion.ts";
import type { HttpOutcome } from "./exchange.ts";
import { type ChutesFaultCode, sentencesOf } from "./fault-sentences.ts";
import { EDGE_REFUSED, OWN_REFUSAL, type Role, STATUS_ROWS, UNKNOWN_STATUS, type Verdict } from "./fault-table.ts";
import type { Refusal } from "./refusal.ts";

/** A verdict for a role, in sentences. */
export function faultOf(verdict: Verdict, role: Role, evidence: FaultEvidence): Fault {
  const { code, blame, retryable } = forRole(verdict, role);
  const [message, remedy] = sentencesOf(code);
  return { code, blame, retryable, message, remedy, evidence };
}

/**
 * The rows are written for a miner's chute. What would be the miner's or the platform's there is the judge's when the reference
 * model was asked, and the platform's in the catalogue, where only a missing chute speaks against the miner who committed it.
 */
function forRole(verdict: Verdict, role: Role): Verdict {
  const { blame, code } = verdict;
  if (role === "miner" || blame === "validator") return verdict;
  if (role === "judge") return { ...verdict, blame: "judge" };
  return { ...verdict, blame: blame === "miner" && code !== "chute-not-found" ? "platform" : blame };
}

/** A response of a status other than 200. */
export function faultOfRefusal(refusal: Refusal, role: Role, evidence: FaultEvidence): Fault {
  return faultOf(verdictOf(refusal, role), role, evidence);
}

function verdictOf(refusal: Refusal, role: Role): Verdict {
  const { status, text, form } = refusal;
  if (status >= 300 && status < 400) return provable("redirect-refused", refusal.invoked);
  if (status === 429 && form === "none" && !refusal.chutesHeaders) return EDGE_REFUSED;
  if (canBeOwn(status) && refusal.invoked && form === "other-json") return OWN_REFUSAL;
  const row = STATUS_ROWS.find((each) => each.status === status && (each.text === null || text.includes(each.text)));
  // A miner is blamed only in the platform's own form: anybody could have written those words into another.
  const believed = row !== undefined && (row.miner.blame !== "miner" || form === "platform");
  if (believed) return role === "judge" ? (row.judge ?? row.miner) : row.miner;
  if (status >= 500) return UNKNOWN_STATUS.server;
  if (status >= 400) return UNKNOWN_STATUS.client;
  return status < 300 ? provable("answer-malformed", refusal.invoked) : UNKNOWN_STATUS.other;
}

/** Statuses that gateway and account own are theirs whatever the body looks like. */
const GATEWAY_OWN: ReadonlySet<number> = new Set([401, 402, 403, 408, 413, 426, 429]);
function canBeOwn(status: number): boolean {
  return status >= 400 && status < 500 && !GATEWAY_OWN.has(status);
}

/** The miner's when the platform says that it invoked the chute; else nobody has proved it. */
function provable(code: ChutesFaultCode, invoked: boolean): Verdict {
  if (invoked) return { code, blame: "miner", retryable: false };
  return { code: code === "redirect-refused" ? code : "upstream-failed", blame: "platform", retryable: false };
}

/** A response of status 200 that is no answer. `invoked`: it names an invocation, or is in the dialect of a chute. */
export function faultOfProblem(what: AnswerProblem, role: Role, evidence: FaultEvidence & { invoked: boolean }): Fault {
  const { invoked, ...facts } = evidence;
  return faultOf(role === "judge" ? judgeVerdict(what) : answerVerdict(what, invoked), role, facts);
}

function answerVerdict(what: AnswerProblem, invoked: boolean): Verdict {
  switch (what) {
    case "failed":
      return { code: "upstream-failed", blame: "platform", retryable: true };
    case "truncated":
      return { code: "truncated", blame: "platform", retryable: true };
    case "empty":
      return { code: "answer-empty", blame: "miner", retryable: false };
    case "too-large":
      return { code: "answer-too-large", blame: "miner", retryable: false };
    case "malformed":
      return { code: "answer-malformed", blame: "miner", retryable: false };
    case "foreign":
      return invoked
        ? { code: "answer-malformed", blame: "miner", retryable: false }
        : { code: "gateway-failed", blame: "platform", retryable: true };
  }
}

function judgeVerdict(what: AnswerProblem): Verdict {
  const verdict = answerVerdict(what, false);
  return verdict.blame === "miner" ? { ...verdict, code: "judge-failed" } : verdict;
}

/**
 * No whole response. Nothing of it is provably the miner's: that would need a canary in the same minute (judging.md §3.1).
 * A miner's answer that used up its whole time is not asked for again: it may have been paid, and a chute that stalls would
 * hold a place three times as long. The judge has no such motive.
 */
export function faultOfSilence(
  silence: { readonly end: HttpOutcome["end"]; readonly broken: BrokenReason | null; readonly begun: boolean },
  role: Role,
  evidence: FaultEvidence,
): Fault {
  if (silence.end === "idle") return faultOf(platform("timeout", true), role, evidence);
  if (silence.end === "deadline") return faultOf(platform("timeout", role !== "miner"), role, evidence);
  return faultOf(brokenVerdict(silence.broken ?? "reset", silence.begun), role, {
    ...evidence,
    detail: silence.broken ?? "reset",
  });
}

function brokenVerdict(reason: BrokenReason, begun: boolean): Verdict {
  switch (reason) {
    case "ours":
      return { code: "request-rejected", blame: "validator", retryable: false };
    case "closed":
      return { code: "aborted", blame: "validator", retryable: false };
    case "protocol":
      return platform("gateway-failed", true);
    case "unreachable":
    case "tls":
    case "reset":
      return platform(begun ? "truncated" : "connection-failed", true);
  }
}

function platform(code: ChutesFaultCode, retryable: boolean): Verdict {
  return { code, blame: "platform", retryable };
}
