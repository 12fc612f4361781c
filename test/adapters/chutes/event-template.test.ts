import fc from "fast-check";
import { expect, test } from "vitest";
import { readUsage } from "../../../src/adapters/chutes/completion.ts";
import { CompletionStream } from "../../../src/adapters/chutes/completion-stream.ts";
import { EventTemplate } from "../../../src/adapters/chutes/event-template.ts";

const event = (content: string, done = 1): string =>
  JSON.stringify({
    id: "c-1",
    model: "a/b",
    choices: [{ delta: { content }, index: 0, finish_reason: null }],
    usage: { prompt_tokens: 9, total_tokens: 9 + done, completion_tokens: done },
    chutes_verification: "0a1b",
  });

const template = EventTemplate.of(event("The"), "The");

test.each([
  ["another text and other counts", event(" stone", 12), " stone"],
  ["text that no byte holds", event("磨 🪨", 3), "磨 🪨"],
  ["an empty text", event("", 3), ""],
  ["another proof token", event(" a", 2).replace("0a1b", "ffff"), " a"],
])("the text is taken without parsing from %s", (_name, line, text) => {
  expect(template?.textOf(line)).toBe(text);
});

test.each([
  ["text with an escape", event("line\nfeed")],
  ["a control character that JSON forbids", event("X").replace("X", "\u0001")],
  ["another choice", event("b").replace('"index":0', '"index":1')],
  ["a finish reason", event("b").replace('"finish_reason":null', '"finish_reason":"stop"')],
  ["a count with a leading zero", event("b").replace('"completion_tokens":1', '"completion_tokens":01')],
  ["a count that is no whole number", event("b").replace('"completion_tokens":1', '"completion_tokens":1.5')],
  ["something behind the end", `${event("b")} `],
  ["an error beside the text", event("b").replace('"usage"', '"error":"no","usage"')],
  ["another model", event("b").replace("a/b", "a/c")],
  ["half an event", event("b").slice(0, -1)],
  ["a second text", event("b").replace('"delta"', '"x":{"content":"c"},"delta"')],
])("%s is parsed", (_name, line) => {
  expect(template?.textOf(line)).toBeNull();
});

test.each([
  ["an escape anywhere", '{"n":"\\u0041","choices":[{"delta":{"content":"b"}}]}', "b"],
  ["two contents", '{"content":"b","choices":[{"delta":{"content":"b"}}]}', "b"],
  ["white space before the text", '{"choices":[{"delta":{"content": "b"}}]}', "b"],
  ["text that stands elsewhere", '{"choices":[{"delta":{"content":"bc"}}]}', "b"],
  ["no content at all", "{}", "b"],
])("no template is made from an event with %s", (_name, line, content) => {
  expect(EventTemplate.of(line, content)).toBeNull();
});

test.each([
  ["letters", () => `"${"a".repeat(40_000)}"`],
  ["full stops", () => `"${".".repeat(100_000)}"`],
  ["counts", () => `{${Array.from({ length: 6_000 }, () => '"prompt_tokens":1').join(",")}}`],
  ["brackets", () => "[".repeat(100_000) + "]".repeat(100_000)],
])("a stream of events that carry giant %s beside their text is read as any other", (_name, giant) => {
  const stream = new CompletionStream(1_000);
  for (const content of ["fo", "ur"]) {
    const event = `{"choices":[{"index":0,"delta":{"content":"${content}"},"finish_reason":"stop"}],"z":${giant()}}`;
    stream.push(Buffer.from(`data: ${event}\n\n`));
  }
  stream.push(Buffer.from("data: [DONE]\n\n"));
  expect(stream.result()).toMatchObject({ ok: true, answer: { text: "four" } });
});

/** What a parser of every event reads: the measure for the stream that skips most of them. */
function slowly(lines: readonly string[]): unknown {
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const delta = (one: Record<string, unknown>): { content?: string } =>
    (one["choices"] as { delta: { content?: string } }[])[0]?.delta ?? {};
  return {
    text: events.map((one) => delta(one).content ?? "").join(""),
    usage: readUsage(events.findLast((one) => (one["usage"] ?? null) !== null)?.["usage"]),
    model: events.at(-1)?.["model"] ?? null,
  };
}

const word = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 6 }),
  fc.constantFrom("\n", '"', "\\", '"content":"', "\u2028", "word "),
);
const shape = fc.constantFrom("like", "like", "like", "other model", "no usage", "reordered", "spaced");

function written(kind: string, text: string, done: number): string {
  const plain = JSON.parse(event(text, done)) as Record<string, unknown>;
  if (kind === "other model") return JSON.stringify({ ...plain, model: "c/d" });
  if (kind === "no usage") return JSON.stringify({ ...plain, usage: null });
  if (kind === "reordered") return JSON.stringify(Object.fromEntries(Object.entries(plain).toReversed()));
  return kind === "spaced" ? JSON.stringify(plain, null, 1).replaceAll("\n", " ") : JSON.stringify(plain);
}

test("a stream says the same, however alike its events are", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(shape, word, fc.nat(9_999)), { minLength: 1, maxLength: 24 }), (parts) => {
      const lines = parts.map(([kind, text, done]) => written(kind, text, done));
      const stream = new CompletionStream(65_536);
      const end = '{"choices":[{"delta":{},"finish_reason":"stop"}]}';
      const body = [...lines, end, "[DONE]"].map((line) => `data: ${line}\n\n`).join("");
      stream.push(Buffer.from(body));
      const reading = stream.result();
      const { text, usage, model } = slowly(lines) as { text: string; usage: unknown; model: unknown };
      if (text.trim() === "") expect(reading).toMatchObject({ ok: false, problem: "empty", usage });
      else expect(reading).toMatchObject({ ok: true, answer: { text: text.toWellFormed(), usage, model } });
    }),
  );
});
