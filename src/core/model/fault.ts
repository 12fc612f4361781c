/**
 * A Fault is an expected misfortune of the world, returned as a value by ports (DESIGN §5). Blame decides scoring:
 * what is not proven to be the miner's is the platform's. Broken invariants and bad configuration are no Faults, they
 * throw a {@link ValidatorError}.
 */

export const BLAMES = ["miner", "platform", "judge", "chain", "validator", "nobody"] as const;
export type Blame = (typeof BLAMES)[number];

export const FAULT_CODES = [
  // A miner's chute (chutes.md §2.8)
  "chute-not-found",
  "cord-not-found",
  "chute-cold",
  "chute-disabled",
  "owner-unfunded",
  "tee-required",
  "url-refused",
  "redirect-refused",
  "answer-empty",
  "answer-malformed",
  "answer-too-large",
  // The platform
  "capacity",
  "rate-limited",
  "upstream-failed",
  "gateway-failed",
  "instance-gone",
  "connection-failed",
  "timeout",
  "truncated",
  "model-unavailable",
  // Our own side
  "request-rejected",
  "credentials-rejected",
  "account-unfunded",
  "forbidden",
  "model-not-found",
  "request-too-large",
  "edge-refused",
  "budget-exhausted",
  "fate-unknown",
  "epoch-over",
  "aborted",
  // The judge
  "judge-failed",
  "verdict-unreadable",
  // The chain
  "chain-unreachable",
  "chain-refused",
  "chain-unconfirmed",
] as const;
export type FaultCode = (typeof FAULT_CODES)[number];

/** What happened (message), whose fault it is (blame), what to do (remedy); evidence is data fit for publication. */
export interface Fault {
  readonly code: FaultCode;
  readonly blame: Blame;
  readonly retryable: boolean;
  readonly message: string;
  readonly remedy: string;
  /** Allow-listed facts only (D17a): an HTTP status, an invocation id, a duration; never a URL, key or account. */
  readonly evidence?: FaultEvidence;
}

export interface FaultEvidence {
  readonly status?: number;
  readonly invocationId?: string;
  readonly elapsedMs?: number;
  readonly attempts?: number;
  readonly detail?: string;
}

/** Exit codes of DESIGN §5. */
export const EXIT_CODES = {
  done: 0,
  difference: 1,
  configuration: 64,
  key: 65,
  unregistered: 66,
  runtime: 67,
  locked: 68,
  journal: 69,
  internal: 70,
  doppelganger: 71,
} as const;
export type ExitName = keyof typeof EXIT_CODES;

export interface ErrorFacts {
  /** Names the exit code with which the process ends. */
  readonly exit: ExitName;
  /** Stable word for programs, e.g. `config-invalid`. */
  readonly code: string;
  readonly blame: Blame;
  /** One sentence: what to do. */
  readonly remedy: string;
  readonly cause?: unknown;
}

/** Thrown for broken invariants and bad configuration only; carries what the last line of the program says. */
export class ValidatorError extends Error {
  readonly exit: ExitName;
  readonly code: string;
  readonly blame: Blame;
  readonly remedy: string;

  constructor(message: string, facts: ErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = "ValidatorError";
    this.exit = facts.exit;
    this.code = facts.code;
    this.blame = facts.blame;
    this.remedy = facts.remedy;
  }
}

/** Narrows a port's answer: every record of ours has a `kind`, a Fault has a `blame`. */
export function isFault(value: object): value is Fault {
  return "blame" in value && "retryable" in value;
}
