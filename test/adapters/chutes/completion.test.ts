import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ChatReading, readCompletion } from "../../../src/adapters/chutes/completion.ts";
import { CompletionStream } from "../../../src/adapters/chutes/completion-stream.ts";
import { canonicalJson } from "../../../src/core/determinism/canonical.ts";
import { completionBody, event } from "./scripted-server.ts";

const DONE = "data: [DONE]\n\n";
const LIMIT = 1_000;

function read(text: string): ChatReading {
  return readCompletion(Buffer.from(text), LIMIT);
}

function stream(chunks: readonly (string | Uint8Array)[], limit: number = LIMIT): ChatReading {
  const parser = new CompletionStream(limit);
  for (const chunk of chunks) parser.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  return parser.result();
}

/** `text`, or the problem's word. */
function spell(reading: ChatReading): string {
  return reading.ok ? `text ${reading.answer.text}` : reading.problem;
}

describe("a whole body", () => {
  test("gives text, finish reason, model and usage; fields it does not know do not matter", () => {
    expect(read(completionBody("4", { new_field: [1, { a: null }] }))).toEqual({
      ok: true,
      answer: { text: "4", finishReason: "stop", model: "org/judge", usage: { promptTokens: 10, completionTokens: 5 } },
    });
  });

  test.each([
    ["no text", completionBody(null), "empty"],
    ["white space", completionBody(" \u00a0\n"), "empty"],
    ["no byte", "", "foreign"],
    ["an error in a success", '{"error":{"message":"x"}}', "failed"],
    ["the engine's older error", '{"object":"error","message":"x"}', "failed"],
    ["no choices", '{"choices":[]}', "malformed"],
    ["choices that are none", '{"choices":{"0":1}}', "malformed"],
    [
      "only another choice",
      completionBody("4", { choices: [{ index: 1, message: { content: "4" }, finish_reason: "stop" }] }),
      "malformed",
    ],
    ["no finish reason", completionBody("4", { choices: [{ message: { content: "4" } }] }), "malformed"],
    [
      "content in parts",
      completionBody("4", { choices: [{ message: { content: [] }, finish_reason: "stop" }] }),
      "malformed",
    ],
    ["an array", "[1]", "malformed"],
    ["a number", "4", "malformed"],
    ["text after the object", `${completionBody("4")}x`, "malformed"],
    ["too much text", completionBody("x".repeat(LIMIT + 1)), "too-large"],
    ["very deep nesting", "[".repeat(100_000), "malformed"],
  ])("%s", (_name, body, expected) => {
    expect(spell(read(body))).toBe(expected);
  });

  test("cut anywhere, it is truncated and not the miner's mistake", () => {
    const body = completionBody('a "quoted" } ] \\ text');
    for (let length = 1; length < body.length; length += 1)
      expect(spell(read(body.slice(0, length)))).toBe("truncated");
  });

  test.each([
    [{ prompt_tokens: -1, completion_tokens: 1 }],
    [{ prompt_tokens: 1.5, completion_tokens: 1 }],
    [{ prompt_tokens: 1e300, completion_tokens: 1 }],
    [{ prompt_tokens: "1" }],
    [[]],
    [null],
  ])("usage %j is no usage", (usage) => {
    expect(read(completionBody("4", { usage }))).toMatchObject({ ok: true, answer: { usage: null } });
  });

  test("lone surrogates are replaced, so that the record can be written", () => {
    const reading = read(completionBody("a\ud800b", { model: "\udc00" }));
    expect(reading).toMatchObject({ answer: { text: "a\ufffdb", model: "\ufffd" } });
    expect(() => canonicalJson(reading)).not.toThrow();
  });
});

describe("a stream", () => {
  test.each([
    [
      "text in pieces",
      [event({ role: "assistant" }), event({ content: "fo" }), event({ content: "ur" }, "stop"), DONE],
      "text four",
    ],
    ["CR LF", [event({ content: "4" }, "stop").replaceAll("\n", "\r\n"), "data: [DONE]\r\n\r\n"], "text 4"],
    [
      "no space after the colon",
      [event({ content: "4" }, "stop").replace("data: ", "data:"), "data:[DONE]\n"],
      "text 4",
    ],
    [
      "comments and other fields",
      [": hi\n", "event: x\nid: 1\nretry: 5\n", event({ content: "4" }, "stop"), DONE],
      "text 4",
    ],
    ["a byte order mark", ["\ufeff", event({ content: "4" }, "stop"), DONE], "text 4"],
    ["an end mark without line feed", [event({ content: "4" }, "stop"), "data: [DONE]"], "text 4"],
    ["finish reason and text in different events", [event({ content: "4" }), event({}, "length"), DONE], "text 4"],
    [
      "usage alone at the end",
      [event({ content: "4" }, "stop"), 'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n', DONE],
      "text 4",
    ],
    ["anything after the end mark", [event({ content: "4" }, "stop"), DONE, '{"error":"x"}\n', "rubbish\n"], "text 4"],
    [
      "another choice beside ours",
      ['data: {"choices":[{"index":1,"delta":{"content":"no"}}]}\n', event({ content: "4" }, "stop"), DONE],
      "text 4",
    ],
    ["only reasoning", [event({ reasoning_content: "hm" }, "length"), DONE], "empty"],
    ["no end mark", [event({ content: "4" }, "stop")], "truncated"],
    ["no finish reason", [event({ content: "4" }), DONE], "truncated"],
    ["half an event at the end", [event({ content: "4" }, "stop"), 'data: {"choi'], "truncated"],
    ["no byte", [], "truncated"],
    [
      "the bare error line",
      [event({ content: "4" }), '{"error":"Unhandled exception during response stream: x"}\n'],
      "failed",
    ],
    ["the bare error line without line feed", [event({ content: "4" }), '{"error":"x"}'], "failed"],
    ["the bare error line, itself cut", [event({ content: "4" }), '{"error":"Unhan'], "failed"],
    ["an error event", ['data: {"error":{"message":"x","code":500}}\n\n'], "failed"],
    ["an event that is no JSON", ["data: {x}\n", event({ content: "4" }, "stop"), DONE], "malformed"],
    ["an event that is no object", ["data: 4\n"], "malformed"],
    ["a line that is nothing", ["four\n"], "malformed"],
    ["content that is no text", ['data: {"choices":[{"delta":{"content":4}}]}\n'], "malformed"],
    ["too much text", [event({ content: "x".repeat(LIMIT) }), event({ content: "x" }, "stop"), DONE], "too-large"],
    ["an endless line", [`data: ${"x".repeat(300_000)}`], "too-large"],
  ])("%s", (_name, chunks, expected) => {
    expect(spell(stream(chunks))).toBe(expected);
  });

  test("takes the last usage", () => {
    const usage = (n: number): string =>
      `data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":${n}}}\n\n`;
    expect(stream([usage(1), event({ content: "4" }, "stop"), usage(9), DONE])).toMatchObject({
      answer: { usage: { promptTokens: 1, completionTokens: 9 } },
    });
  });

  test("joins a surrogate pair that two events share", () => {
    expect(spell(stream([event({ content: "\ud83d" }), event({ content: "\ude00" }, "stop"), DONE]))).toBe("text 😀");
  });
});

describe("whatever the bytes", () => {
  const line = fc.oneof(
    fc.string({ unit: "binary" }).map((text) => event({ content: text })),
    fc.constantFrom(
      event({ content: "é😀" }, "stop"),
      event({ reasoning: "hm" }),
      DONE,
      ": c\r\n",
      "\r\n",
      '{"error":"x"}\n',
      "data: {\n",
      "\ufeff",
      "data\n",
    ),
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.constant(event({ content: "x".repeat(LIMIT) })),
  );

  test("a stream reads the same however it is split", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 30 }), (lines, cuts) => {
        const bytes = Buffer.from(lines.join(""));
        const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
        const chunks = at.slice(1).map((to, index) => bytes.subarray(at[index], to));
        expect(stream(chunks)).toEqual(stream([bytes]));
      }),
      { numRuns: 1_000 },
    );
  });

  test("also byte by byte, beyond the number of pieces that are kept apart", () => {
    const bytes = Buffer.from([event({ content: "é".repeat(100) }), event({ content: "😀" }, "stop"), DONE].join(""));
    expect(stream([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(stream([bytes]));
  });

  test("nothing throws, and every answer can be written canonically", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.json().map((json) => Buffer.from(json)),
      fc.array(line).map((lines) => Buffer.from(lines.join(""))),
    );
    fc.assert(
      fc.property(bytes, (some) => {
        for (const reading of [
          readCompletion(some, LIMIT),
          stream([some]),
          stream([Buffer.concat([Buffer.from("data: "), some, Buffer.from("\n")])]),
        ]) {
          canonicalJson(reading);
          if (reading.ok) expect(reading.answer.text.trim()).not.toBe("");
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
