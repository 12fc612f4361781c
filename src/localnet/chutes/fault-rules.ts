import { ValidatorError } from "../../core/model/fault.ts";
import type { Digest } from "../../core/model/ids.ts";
import { FaultCounter } from "../fault-counter.ts";
import { ERROR_ROWS, rowOrStatus } from "./error-rows.ts";

const CHUTES_FAULT_KINDS = ["drop", "delay", "half-open", "error", "truncate", "status"] as const;
type ChutesFaultKind = (typeof CHUTES_FAULT_KINDS)[number];

/**
 * One rule (DESIGN §6, `/faults`). Requests that match are counted from 0 per rule since it was set; the rule acts on
 * request `from` and later, at most `count` times, each time with `probability` (by the seed).
 *
 * | kind        | effect                                                                                                |
 * | ----------- | ----------------------------------------------------------------------------------------------------- |
 * | `drop`      | the connection is cut before anything is done; `value` 1: after the model has answered (and been paid) |
 * | `half-open` | the connection stays and says nothing; `value` as for `drop`                                          |
 * | `delay`     | the answer waits `value` ms more (default 1000)                                                       |
 * | `error`     | streams fail midway as the platform's do (a bare JSON line, no `[DONE]`), all else answers 500          |
 * | `truncate`  | half of the answer, then a stream ends in order and anything else is cut                              |
 * | `status`    | `value` = an HTTP status (default 503) or a row of the error table such as `402-owner` or `429-edge`     |
 */
export interface ChutesFault {
  readonly target: "chutes";
  /** A route of the ledger (`invoke`, `judge`, `GET /chutes/{id}`, …), a slug, a chute id, or `*`. */
  readonly match: string;
  readonly kind: ChutesFaultKind;
  readonly from?: number;
  readonly count?: number;
  readonly probability?: number;
  readonly value?: number | string;
}

/** By what a request can be meant. */
export interface FaultSubject {
  readonly route: string;
  readonly slug?: string;
  readonly chuteId?: string;
}

/** The rules in force. */
export class ChutesFaultPlan {
  readonly #counter: FaultCounter<ChutesFault>;

  constructor(seed: Digest) {
    this.#counter = new FaultCounter(seed, "localnet/chutes/faults");
  }

  /** Replaces all rules; an empty list clears. @throws ValidatorError for a rule that cannot be followed. */
  set(rules: readonly ChutesFault[]): void {
    checkChutesFaults(rules);
    this.#counter.set(rules);
  }

  on(subject: FaultSubject): ChutesFault | undefined {
    return this.#counter.first((rule) => isMeant(rule.match, subject));
  }
}

/** @throws ValidatorError for the first rule that cannot be followed. */
export function checkChutesFaults(rules: readonly ChutesFault[]): void {
  for (const [index, rule] of rules.entries()) check(rule, index);
}

function isMeant(match: string, subject: FaultSubject): boolean {
  return match === "*" || match === subject.route || match === subject.slug || match === subject.chuteId;
}

function check(rule: ChutesFault, index: number): void {
  if (!CHUTES_FAULT_KINDS.includes(rule.kind)) {
    refuse(
      index,
      `kind "${rule.kind}" is not known to the simulated Chutes`,
      `use one of ${CHUTES_FAULT_KINDS.join(", ")}`,
    );
  }
  if (typeof rule.match !== "string")
    refuse(index, "match is missing", "name a route, a slug, a chute id, or * for all");
  for (const name of ["from", "count"] as const) {
    const value = rule[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0)) {
      refuse(index, `${name} is ${value}`, "give a whole number of 0 or more");
    }
  }
  const { probability } = rule;
  if (probability !== undefined && !(probability >= 0 && probability <= 1)) {
    refuse(index, `probability is ${probability}`, "give a number from 0 to 1");
  }
  checkValue(rule, index);
}

function checkValue(rule: ChutesFault, index: number): void {
  const { value } = rule;
  if (value === undefined) return;
  if (rule.kind === "status") {
    if (rowOrStatus(value) !== undefined) return;
    refuse(index, `value is ${value}`, `give a status from 400 to 599 or one of ${ERROR_ROWS.join(", ")}`);
  }
  if (typeof value !== "number" || !(value >= 0 && value <= 3_600_000)) {
    refuse(index, `value is ${value}`, "give a number of 0 or more, for delay at most an hour of milliseconds");
  }
}

function refuse(index: number, what: string, remedy: string): never {
  throw new ValidatorError(`fault rule ${index}: ${what}`, {
    exit: "configuration",
    code: "fault-rule-invalid",
    blame: "validator",
    remedy,
  });
}
