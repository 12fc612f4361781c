import type { TokenUsage } from "../../core/model/answers.ts";

/** An answer as the chute gave it: well-formed text, never blank. */
export interface ChatAnswer {
  readonly text: string;
  readonly finishReason: string;
  /** What the response calls its model; null when it does not say. */
  readonly model: string | null;
  readonly usage: TokenUsage | null;
}

/**
 * What can be wrong with a response of status 200: `failed` carries an error object, `truncated` ended before it was whole,
 * `foreign` is in no dialect of a chute at all: HTML, compressed though that was not asked for, or no byte.
 */
export type AnswerProblem = "empty" | "malformed" | "too-large" | "failed" | "truncated" | "foreign";

export type ChatReading =
  | { readonly ok: true; readonly answer: ChatAnswer }
  | { readonly ok: false; readonly problem: AnswerProblem; readonly usage: TokenUsage | null };

/** Beyond this no engine can have counted honestly in one answer. */
const MAX_TOKENS = 10_000_000;
const MAX_NAME = 256;

/** A body that is not streamed (chutes.md §2.7). Total: never throws, whatever the bytes; fields it does not know are ignored. */
export function readCompletion(bytes: Uint8Array, maxTextBytes: number): ChatReading {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  if (text.trim() === "") return problem("foreign", null);
  const body = parseObject(text);
  if (body === null) return problem(isUnfinished(text) ? "truncated" : "malformed", null);
  const usage = readUsage(body["usage"]);
  if (isErrorObject(body)) return problem("failed", usage);
  const choice = firstChoice(body);
  const message = choice === null ? null : objectOrNull(choice["message"]);
  const finishReason = choice?.["finish_reason"];
  if (message === null || typeof finishReason !== "string" || finishReason === "") return problem("malformed", usage);
  const content = message["content"] ?? "";
  if (typeof content !== "string") return problem("malformed", usage);
  if (Buffer.byteLength(content) > maxTextBytes) return problem("too-large", usage);
  return answerOf({ text: content, finishReason, model: body["model"], usage });
}

/** A blank text is no answer. Lone surrogates, which canonical JSON refuses, become U+FFFD. */
export function answerOf(raw: {
  readonly text: string;
  readonly finishReason: string;
  readonly model: unknown;
  readonly usage: TokenUsage | null;
}): ChatReading {
  if (raw.text.trim() === "") return problem("empty", raw.usage);
  return {
    ok: true,
    answer: {
      text: raw.text.toWellFormed(),
      finishReason: raw.finishReason.slice(0, MAX_NAME).toWellFormed(),
      model: typeof raw.model === "string" ? raw.model.slice(0, MAX_NAME).toWellFormed() : null,
      usage: raw.usage,
    },
  };
}

export function problem(what: AnswerProblem, usage: TokenUsage | null): ChatReading {
  return { ok: false, problem: what, usage };
}

/** Both counts as whole numbers, or null: a count that cannot be is no count. */
export function readUsage(value: unknown): TokenUsage | null {
  const usage = objectOrNull(value);
  if (usage === null) return null;
  const promptTokens = usage["prompt_tokens"];
  const completionTokens = usage["completion_tokens"] ?? 0;
  return isCount(promptTokens) && isCount(completionTokens) ? { promptTokens, completionTokens } : null;
}

/** `{"error": …}` of platform and engine, and the engine's older `{"object":"error"}`. */
export function isErrorObject(body: Readonly<Record<string, unknown>>): boolean {
  return (body["error"] ?? null) !== null || body["object"] === "error";
}

/** The choice with index 0: we never ask for more than one. */
export function firstChoice(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | null {
  const choices = body["choices"];
  if (!Array.isArray(choices)) return null;
  for (const item of choices as readonly unknown[]) {
    const choice = objectOrNull(item);
    if (choice !== null && (choice["index"] ?? 0) === 0) return choice;
  }
  return null;
}

/** The JSON object that the text is, or null. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return objectOrNull(JSON.parse(text));
  } catch {
    // Not JSON: the caller has a word for that.
    return null;
  }
}

export function objectOrNull(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}

/**
 * True for JSON that simply stops: a string or bracket is still open at its end. Nobody can tell who cut it, so it is not the
 * miner's; text that is wrong before its end is. One pass: the text is a stranger's.
 */
function isUnfinished(text: string): boolean {
  if (!text.trimStart().startsWith("{")) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') {
      at = endOfString(text, at + 1);
      if (at < 0) return true;
    } else if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") depth -= 1;
  }
  return depth > 0;
}

/** Index of the closing quote; −1 when there is none. */
function endOfString(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (text.charAt(at) === "\\") at += 1;
    else if (text.charAt(at) === '"') return at;
  }
  return -1;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_TOKENS;
}
