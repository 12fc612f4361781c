import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { ValidatorError } from "../../../src/core/model/fault.ts";
import { assess } from "../../../src/localnet/chutes/assess.ts";
import { completionReply, readChatRequest } from "../../../src/localnet/chutes/completion.ts";
import { checkSignature, ReplayCache } from "../../../src/localnet/chutes/epistula.ts";
import { speakAsPlatform } from "../../../src/localnet/chutes/judge-model.ts";
import { readJudgingRequest } from "../../../src/localnet/chutes/judging-request.ts";
import { PLATFORM_MODELS } from "../../../src/localnet/chutes/platform-models.ts";
import { cryptoReady } from "../../../src/localnet/chutes/sr25519.ts";
import { readFaultList } from "../../../src/localnet/fault-list.ts";
import { localSeed } from "../../../src/localnet/population.ts";

beforeAll(cryptoReady);

const FENCE = "=== 0f1e2d3c4b5a69788796a5b4c3d2e1f0 ===";
const TABLE = "K = excellent: all\nQ = good: most\nT = fair: some\nW = poor: little\nZ = bad: nothing";
/** Pieces that mean something to a reader, mixed with any text. */
const piece = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "\n",
    FENCE,
    "K = excellent",
    "Explain to a child how",
    "in exactly 4 sentences",
    "facts:\n1. 7 cows.",
    "Start with 5.",
    " | ",
  ),
);
const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));

describe("whatever is sent, the simulated models read on", () => {
  test("a submission cannot leave its frame: the judge answers with one letter of the table", () => {
    fc.assert(
      fc.property(
        text.filter((answer) => !answer.includes(FENCE)),
        (answer) => {
          const user = `Explain to a pupil how rain falls, in exactly 4 sentences.\n${FENCE}\n${answer}\n${FENCE}\nOne letter.`;
          const messages = [
            { role: "system", content: TABLE },
            { role: "user", content: user },
          ];
          expect(readJudgingRequest(messages)?.answer).toBe(answer);
          expect(speakAsPlatform(localSeed(1), PLATFORM_MODELS[0]!, messages).text).toMatch(/^[KQTWZ]$/);
        },
      ),
    );
  });

  test("a grade is a number in [0, 1]", () => {
    fc.assert(
      fc.property(text, text, (task, answer) => {
        const grade = assess(task, answer);
        expect(grade).toBeGreaterThanOrEqual(0);
        expect(grade).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("any JSON is a chat request or none, and any text is delivered whole in both forms", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const request = readChatRequest(value);
        expect(request === undefined || request.messages.length > 0).toBe(true);
      }),
    );
    fc.assert(
      fc.property(text, fc.boolean(), (said, stream) => {
        const request = { model: undefined, messages: [{ role: "user", content: "x" }], maxTokens: 100_000, stream };
        const delivery = { model: "m", request, key: "k", nowMs: 0 };
        const { body } = completionReply({ text: said, latencyMs: 0 }, delivery).reply;
        const heard =
          body.kind === "whole"
            ? JSON.parse(body.text).choices[0].message.content
            : body.blocks
                .slice(0, -1)
                .map((block) => JSON.parse(block.slice("data: ".length)).choices[0]?.delta.content ?? "")
                .join("");
        expect(heard).toBe(said);
      }),
    );
  });

  test("no headers but signed ones are valid", () => {
    const names = [
      "epistula-version",
      "epistula-timestamp",
      "epistula-uuid",
      "epistula-signed-by",
      "x-epistula-hotkey",
    ];
    const values = fc.oneof(
      fc.string(),
      fc.constantFrom("2", "1760000000000", "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"),
    );
    const receiver = { hotkey: "anyone", netuid: 2, mayAsk: () => true };
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), values, { minKeys: 1 }), (headers) => {
        const request = { headers, body: new Uint8Array(0) };
        expect(checkSignature(request, receiver, new ReplayCache(), 1_760_000_000_000).kind).toBe("refused");
      }),
    );
  });

  test("any JSON is a list of faults or a configuration error", () => {
    const rule = fc.record({
      target: fc.constantFrom("node", "chutes", "x"),
      kind: fc.string(),
      match: fc.jsonValue(),
    });
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.array(rule)), (value) => {
        try {
          readFaultList(value);
        } catch (error) {
          expect(error).toBeInstanceOf(ValidatorError);
        }
      }),
    );
  });
});
