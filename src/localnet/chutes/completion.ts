import { createHash } from "node:crypto";
import type { Reply } from "./reply.ts";
import { jsonReply, streamReply } from "./reply.ts";
import { uuidText } from "./uuid5.ts";

/** A chat completion request as the simulated engines read it: what they do not know they ignore, like the real ones. */
export interface ChatRequest {
  readonly model: string | undefined;
  readonly messages: readonly ChatTurn[];
  readonly maxTokens: number;
  readonly stream: boolean;
}

export interface ChatTurn {
  readonly role: string;
  readonly content: string;
}

/** What a model said, before it is put into one of the two wire forms. */
export interface Spoken {
  readonly text: string;
  readonly latencyMs: number;
}

export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

const DEFAULT_MAX_TOKENS = 4096;

/** @returns undefined when the body is no chat request (then the platform answers 400). */
export function readChatRequest(body: unknown): ChatRequest | undefined {
  if (!isRecord(body) || !Array.isArray(body["messages"]) || body["messages"].length === 0) return undefined;
  const messages: ChatTurn[] = [];
  for (const entry of body["messages"] as readonly unknown[]) {
    if (!isRecord(entry) || typeof entry["role"] !== "string") return undefined;
    messages.push({ role: entry["role"], content: contentText(entry["content"]) });
  }
  const max = body["max_completion_tokens"] ?? body["max_tokens"];
  return {
    model: typeof body["model"] === "string" ? body["model"] : undefined,
    messages,
    maxTokens: typeof max === "number" && max >= 1 ? Math.floor(max) : DEFAULT_MAX_TOKENS,
    stream: body["stream"] === true,
  };
}

/** OpenAI content is a text or a list of parts. */
function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return (content as readonly unknown[])
    .map((part) => (isRecord(part) && typeof part["text"] === "string" ? part["text"] : ""))
    .join("");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The simulated tokenizer: pieces of at most four characters with the blanks behind them. */
function tokens(text: string): readonly string[] {
  return text.match(/^\s+|\S{1,4}\s*/g) ?? [];
}

export interface Delivery {
  readonly model: string;
  readonly request: ChatRequest;
  /** Distinguishes equal requests: ids of an answer are made from it. */
  readonly key: string;
  readonly nowMs: number;
}

/** The wire form of an answer and what it used; cut at `max_tokens` with `finish_reason` "length". */
export function completionReply(spoken: Spoken, delivery: Delivery): { readonly reply: Reply; readonly usage: Usage } {
  const all = tokens(spoken.text);
  const pieces = all.slice(0, delivery.request.maxTokens);
  const finish = pieces.length < all.length ? "length" : "stop";
  const promptTokens = delivery.request.messages.reduce((sum, turn) => sum + tokens(turn.content).length + 4, 0);
  const usage = { promptTokens, completionTokens: pieces.length };
  const headers = { "X-Chutes-InvocationID": idOf(delivery.key) };
  const parts = { pieces, finish, promptTokens };
  const reply = delivery.request.stream
    ? streamReply(chunkBlocks(parts, delivery), headers)
    : jsonReply(200, wholeBody(parts, delivery), headers);
  return { reply: { ...reply, latencyMs: spoken.latencyMs }, usage };
}

interface Parts {
  readonly pieces: readonly string[];
  readonly finish: string;
  readonly promptTokens: number;
}

function wholeBody(parts: Parts, delivery: Delivery): unknown {
  const message = { role: "assistant", content: parts.pieces.join(""), tool_calls: [] };
  return {
    ...common(delivery, "chat.completion"),
    choices: [{ index: 0, message, logprobs: null, finish_reason: parts.finish, stop_reason: null }],
    usage: usageView(parts.promptTokens, parts.pieces.length),
    chutes_verification: verification(delivery),
  };
}

/** The mega and slug hosts put `usage` into every chunk (chutes.md §2.6). */
function chunkBlocks(parts: Parts, delivery: Delivery): string[] {
  const block = (delta: unknown, finish: string | null, done: number): string =>
    `data: ${JSON.stringify({
      ...common(delivery, "chat.completion.chunk"),
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      usage: usageView(parts.promptTokens, done),
      chutes_verification: verification(delivery),
    })}\n\n`;
  const last = `data: ${JSON.stringify({
    ...common(delivery, "chat.completion.chunk"),
    choices: [],
    usage: usageView(parts.promptTokens, parts.pieces.length),
  })}\n\n`;
  return [
    block({ role: "assistant", content: "" }, null, 0),
    ...parts.pieces.map((content, index) => block({ content }, null, index + 1)),
    block({}, parts.finish, parts.pieces.length),
    last,
    "data: [DONE]\n\n",
  ];
}

function common(delivery: Delivery, object: string): Record<string, unknown> {
  const created = Math.floor(delivery.nowMs / 1000);
  return { id: `chatcmpl-${idOf(delivery.key).replaceAll("-", "")}`, object, created, model: delivery.model };
}

function usageView(prompt: number, completion: number): unknown {
  return { prompt_tokens: prompt, total_tokens: prompt + completion, completion_tokens: completion };
}

function idOf(key: string): string {
  return uuidText(createHash("sha256").update(`invocation ${key}`).digest().subarray(0, 16));
}

/** Stands for the platform's own proof token, which no client can check (chutes.md §2.7). */
function verification(delivery: Delivery): string {
  return createHash("sha256").update(`verification ${delivery.key}`).digest("hex").slice(0, 32);
}
