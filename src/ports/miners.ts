import type { Answered, Missed } from "../core/model/answers.ts";
import type { Ss58 } from "../core/model/ids.ts";
import type { Target } from "../core/model/roster.ts";

export interface Question {
  readonly uid: number;
  readonly hotkey: Ss58;
  readonly target: Target;
  readonly taskId: string;
  readonly prompt: string;
  readonly maxTokens: number;
  readonly temperature: number;
  /** 31 bits, so that every engine takes it; part of the request, not of any promise of determinism. */
  readonly seed: number;
}

export interface Miners {
  /** One question to one miner's chute, retries included. Every misfortune is a Fault; rejects only on abort. */
  answer(question: Question, signal: AbortSignal): Promise<Answered | Missed>;
}
