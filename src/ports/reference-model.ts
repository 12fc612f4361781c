import type { Attempt, TokenUsage } from "../core/model/answers.ts";
import type { Fault } from "../core/model/fault.ts";

export interface ChatMessage {
  readonly role: "system" | "user";
  readonly content: string;
}

export interface Completion {
  readonly text: string;
  readonly usage: TokenUsage | null;
  readonly invocationId: string | null;
  readonly attempts: readonly Attempt[];
}

export interface ReferenceModel {
  readonly model: string;
  readonly chuteId: string | null;
  /** One call of the pinned model at temperature 0 (D10, D11); faults carry blame `judge` or `validator`. */
  complete(
    request: { readonly messages: readonly ChatMessage[]; readonly maxTokens: number },
    signal: AbortSignal,
  ): Promise<Completion | Fault>;
}
