import type { TokenUsage } from "../../core/model/answers.ts";
import type { AnswerProblem, ChatAnswer, ChatReading } from "./completion.ts";
import { parseObject, problem, readCompletion } from "./completion.ts";
import { CompletionStream } from "./completion-stream.ts";
import type { BodyReader, ResponseHead } from "./exchange.ts";

/** What reading a response of status 200 came to. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T; readonly usage: TokenUsage | null }
  | { readonly ok: false; readonly problem: AnswerProblem; readonly usage: TokenUsage | null };

/** Reads one response of status 200. `result` is asked once, after the last byte. */
export interface ReplyReader<T> extends BodyReader {
  result(): Reading<T>;
}

/** Keeps a whole body up to a size. */
class BodyCollector {
  readonly #maxBytes: number;
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get tooLarge(): boolean {
    return this.#bytes > this.#maxBytes;
  }

  push(chunk: Uint8Array): "more" | "stop" {
    this.#bytes += chunk.length;
    if (this.tooLarge) return "stop";
    this.#pieces.push(Uint8Array.from(chunk));
    return "more";
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }
}

export interface AnswerFacts {
  readonly answer: ChatAnswer;
  readonly firstTokenMs: number | null;
}

/**
 * `limits.answerBytes` bounds the text. On the wire one token of text is an event of up to some hundred bytes, and reasoning
 * that is read past comes on top; a body at once has less around it.
 */
const STREAM_FACTOR = 64;
const BODY_FACTOR = 8;

/** The reader for what the response says it is; when it does not say, for what was asked. */
export function chatReader(
  head: ResponseHead,
  asked: { readonly stream: boolean; readonly maxTextBytes: number },
  elapsedMs: () => number,
): ReplyReader<AnswerFacts> {
  const type = mediaType(head);
  const coded = (head.headers["content-encoding"] ?? "identity") !== "identity";
  if (!coded && (type === "text/event-stream" || (type === "" && asked.stream))) {
    return new StreamReader(asked.maxTextBytes, elapsedMs);
  }
  if (!coded && (isJsonType(type) || type === "")) return new WholeReader(asked.maxTextBytes);
  return new UnreadableReader();
}

/** Any JSON document up to a size; what it means is the asker's business. */
export function documentReader(head: ResponseHead, maxBytes: number): ReplyReader<unknown> {
  return isJsonType(mediaType(head)) ? new DocumentReader(maxBytes) : new UnreadableReader();
}

function isJsonType(type: string): boolean {
  return type === "application/json" || type.endsWith("+json");
}

/** Lower case and without parameters; empty when the response has none. */
function mediaType(head: ResponseHead): string {
  const value = head.headers["content-type"];
  return typeof value === "string" ? (value.split(";", 1)[0] ?? "").trim().toLowerCase() : "";
}

class StreamReader implements ReplyReader<AnswerFacts> {
  readonly #stream: CompletionStream;
  readonly #elapsedMs: () => number;
  readonly #maxBytes: number;
  #bytes = 0;
  #firstTokenMs: number | null = null;

  constructor(maxTextBytes: number, elapsedMs: () => number) {
    this.#stream = new CompletionStream(maxTextBytes);
    this.#elapsedMs = elapsedMs;
    this.#maxBytes = maxTextBytes * STREAM_FACTOR;
  }

  push(chunk: Uint8Array): "more" | "complete" | "stop" {
    const room = this.#maxBytes - this.#bytes;
    this.#bytes += chunk.length;
    const state = this.#stream.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    if (this.#firstTokenMs === null && this.#stream.hasText) this.#firstTokenMs = this.#elapsedMs();
    return state === "more" && this.#bytes > this.#maxBytes ? "stop" : state;
  }

  result(): Reading<AnswerFacts> {
    const reading = this.#stream.result();
    if (reading.ok || reading.problem !== "truncated" || this.#bytes <= this.#maxBytes) {
      return facts(reading, this.#firstTokenMs);
    }
    return { ok: false, problem: "too-large", usage: reading.usage };
  }
}

class WholeReader implements ReplyReader<AnswerFacts> {
  readonly #body: BodyCollector;
  readonly #maxTextBytes: number;

  constructor(maxTextBytes: number) {
    this.#maxTextBytes = maxTextBytes;
    this.#body = new BodyCollector(maxTextBytes * BODY_FACTOR);
  }

  push(chunk: Uint8Array): "more" | "stop" {
    return this.#body.push(chunk);
  }

  result(): Reading<AnswerFacts> {
    const reading = this.#body.tooLarge
      ? problem("too-large", null)
      : readCompletion(this.#body.bytes(), this.#maxTextBytes);
    return facts(reading, null);
  }
}

class DocumentReader implements ReplyReader<unknown> {
  readonly #body: BodyCollector;

  constructor(maxBytes: number) {
    this.#body = new BodyCollector(maxBytes);
  }

  push(chunk: Uint8Array): "more" | "stop" {
    return this.#body.push(chunk);
  }

  result(): Reading<unknown> {
    if (this.#body.tooLarge) return { ok: false, problem: "too-large", usage: null };
    const value = parseObject(Buffer.from(this.#body.bytes()).toString("utf8"));
    return value === null ? { ok: false, problem: "malformed", usage: null } : { ok: true, value, usage: null };
  }
}

/** Not worth a byte. */
class UnreadableReader implements ReplyReader<never> {
  push(): "stop" {
    return "stop";
  }

  result(): Reading<never> {
    return { ok: false, problem: "foreign", usage: null };
  }
}

function facts(reading: ChatReading, firstTokenMs: number | null): Reading<AnswerFacts> {
  if (!reading.ok) return reading;
  return { ok: true, value: { answer: reading.answer, firstTokenMs }, usage: reading.answer.usage };
}
