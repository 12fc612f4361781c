import {
  type AnswerProblem,
  answerOf,
  type ChatReading,
  firstChoice,
  isErrorObject,
  objectOrNull,
  parseObject,
  problem,
  readUsage,
} from "./completion.ts";
import { EventTemplate } from "./event-template.ts";
import { LineCutter, readLine } from "./sse.ts";

/** One event of this dialect is a few hundred bytes; whole messages of a few hundred kilobytes still pass. */
const MAX_LINE_BYTES = 262_144;
/** Templates made for one stream: one whose events are never alike is parsed event by event. */
const MAX_TEMPLATES = 16;

/**
 * A streamed answer as it comes in (chutes.md §2.7). It is whole when a finish reason and `[DONE]` have been seen; whatever
 * follows is ignored. Only the text of `delta.content` is kept: reasoning is read past, and the caller bounds the bytes.
 * Total: never throws; the same bytes give the same result however they are split.
 */
export class CompletionStream {
  readonly #lines: LineCutter;
  readonly #maxTextBytes: number;
  readonly #texts: string[] = [];
  #textBytes = 0;
  #finishReason: string | null = null;
  #model: unknown = null;
  #usage: unknown = null;
  #done = false;
  #template: EventTemplate | null = null;
  #templates = 0;
  /** The last event whose text was taken by its template: model and usage are read from it when they are needed. */
  #unread: string | null = null;
  #problem: AnswerProblem | null = null;

  constructor(maxTextBytes: number) {
    this.#maxTextBytes = maxTextBytes;
    this.#lines = new LineCutter(MAX_LINE_BYTES, (line) => this.#line(line));
  }

  /** True from the first byte of text on. */
  get hasText(): boolean {
    return this.#textBytes > 0;
  }

  push(chunk: Uint8Array): "more" | "complete" | "stop" {
    if (this.#problem === null && !this.#done) {
      this.#lines.push(chunk);
      this.#afterLines();
    }
    if (this.#problem !== null) return "stop";
    return this.#done ? "complete" : "more";
  }

  #afterLines(): void {
    if (this.#lines.tooLong && !this.#done) this.#problem ??= "too-large";
  }

  /** What it amounted to, at the end of the bytes. */
  result(): ChatReading {
    if (this.#problem === null && !this.#done) this.#last(this.#lines.rest());
    this.#readUnread();
    const usage = readUsage(this.#usage);
    if (this.#problem !== null) return problem(this.#problem, usage);
    if (!this.#done || this.#finishReason === null) return problem("truncated", usage);
    return answerOf({ text: this.#texts.join(""), finishReason: this.#finishReason, model: this.#model, usage });
  }

  #line(line: string): void {
    if (this.#problem !== null || this.#done) return;
    const read = readLine(line);
    if (read.kind === "data") this.#data(read.value);
    else if (read.kind === "strange") this.#problem = read.json ? "failed" : "malformed";
  }

  /** A last line without its line feed: the platform's failure notice comes so; half an event is only a truncated stream. */
  #last(line: string): void {
    const read = readLine(line.trimEnd());
    if (read.kind === "strange" && read.json) this.#problem = "failed";
    else if (read.kind === "data" && (read.value === DONE || parseObject(read.value) !== null)) this.#data(read.value);
  }

  #data(value: string): void {
    if (value === DONE || value.trim() === DONE) {
      this.#done = true;
      return;
    }
    const alike = this.#template?.textOf(value) ?? null;
    if (alike !== null) {
      this.#unread = value;
      if (alike !== "") this.#text(alike);
      return;
    }
    this.#readUnread();
    const event = parseObject(value);
    if (event === null) this.#problem = "malformed";
    else if (isErrorObject(event)) this.#problem = "failed";
    else this.#event(event, value);
  }

  #readUnread(): void {
    if (this.#unread === null) return;
    const event = parseObject(this.#unread);
    this.#unread = null;
    if (event !== null) this.#facts(event);
  }

  /** Every chunk carries usage; the last one counts. */
  #facts(event: Readonly<Record<string, unknown>>): void {
    this.#usage = event["usage"] ?? this.#usage;
    this.#model = event["model"] ?? this.#model;
  }

  #event(event: Readonly<Record<string, unknown>>, value: string): void {
    this.#facts(event);
    const choice = firstChoice(event);
    if (choice === null) return;
    if (typeof choice["finish_reason"] === "string" && choice["finish_reason"] !== "")
      this.#finishReason = choice["finish_reason"];
    const content = objectOrNull(choice["delta"])?.["content"] ?? "";
    if (typeof content !== "string") this.#problem = "malformed";
    else if (content !== "") {
      this.#text(content);
      if (this.#templates >= MAX_TEMPLATES) return;
      this.#templates += 1;
      this.#template = EventTemplate.of(value, content) ?? this.#template;
    }
  }

  #text(content: string): void {
    this.#textBytes += Buffer.byteLength(content);
    if (this.#textBytes > this.#maxTextBytes) this.#problem = "too-large";
    else this.#texts.push(content);
  }
}

const DONE = "[DONE]";
