import type { Fault } from "./fault.ts";
import type { Digest } from "./ids.ts";
import type { Task } from "./pack.ts";
import type { RecordBase } from "./record-base.ts";

export interface Challenge extends RecordBase<"challenge"> {
  readonly publicSeed: Digest;
  readonly secretDigest: Digest;
  /** Every eligible miner gets every task, in this order. */
  readonly tasks: readonly Task[];
  /** No question is sent at or after this block. */
  readonly deadlineBlock: number;
}

export interface TokenUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** One try of a call: HTTP status (null when none came) and the fault code it ended in (null when it delivered). */
export interface Attempt {
  readonly status: number | null;
  readonly fault: string | null;
  readonly elapsedMs: number;
}

export interface Answered {
  readonly answered: true;
  readonly text: string;
  readonly textDigest: Digest;
  readonly finishReason: string;
  readonly latencyMs: number;
  readonly firstTokenMs: number | null;
  readonly usage: TokenUsage | null;
  readonly invocationId: string | null;
  readonly attempts: readonly Attempt[];
}

export interface Missed {
  readonly answered: false;
  readonly fault: Fault;
  readonly attempts: readonly Attempt[];
}

export interface Response extends RecordBase<"response"> {
  readonly uid: number;
  readonly taskId: string;
  readonly outcome: Answered | Missed;
}

/** One call of the judge. `raw` is its whole output; null with a fault when there was none. */
export interface JudgeAttempt {
  readonly promptDigest: Digest;
  readonly raw: string | null;
  readonly fault: Fault | null;
  readonly usage: TokenUsage | null;
  readonly invocationId: string | null;
}

export interface Judgement extends RecordBase<"judgement"> {
  readonly uid: number;
  readonly taskId: string;
  readonly judge:
    | { readonly kind: "verifier" }
    | { readonly kind: "model"; readonly model: string; readonly chuteId: string | null };
  /** Empty for a verifier. */
  readonly attempts: readonly JudgeAttempt[];
  /** In [0, 1]; null means missing, and then `fault` says why. */
  readonly score: number | null;
  readonly fault: Fault | null;
}
