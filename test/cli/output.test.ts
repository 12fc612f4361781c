import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { faultError, outputFor, printable, reportError } from "../../src/cli/output.ts";
import { SHAPES } from "../../src/cli/shapes.ts";
import { EXIT_CODES, type ExitName, ValidatorError } from "../../src/core/model/fault.ts";

let out: string[] = [];
let err: string[] = [];

beforeEach(() => {
  out = [];
  err = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => out.push(String(text)) > 0);
  vi.spyOn(process.stderr, "write").mockImplementation((text) => err.push(String(text)) > 0);
});
afterEach(() => vi.restoreAllMocks());

describe("a text for people", () => {
  test.each([
    ["plain, also äöü 漢字 🎉", "plain, also äöü 漢字 🎉"],
    ["\u001b[31mred", "\\u001b[31mred"],
    ["one\nforged line", "one\\u000aforged line"],
    ["\r\u0008\u0000\u007f\u009b", "\\u000d\\u0008\\u0000\\u007f\\u009b"],
    ["\u202egnp.exe\u2066\u200f\u061c", "\\u202egnp.exe\\u2066\\u200f\\u061c"],
    ["a\u2028b\u2029c", "a\\u2028b\\u2029c"],
  ])("%j", (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  test("is one line without control characters, whatever a stranger wrote", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      }),
    );
  });
});

describe("what a command says", () => {
  test.each([
    [{ json: false, quiet: false }, ["for people\n"]],
    [{ json: false, quiet: true }, []],
    [{ json: true, quiet: false }, ['{"for":"programs"}\n']],
    [{ json: true, quiet: true }, ['{"for":"programs"}\n']],
  ])("with %j", (options, lines) => {
    const output = outputFor(options);
    output.say("for people");
    output.document({ for: "programs" });
    expect(out).toEqual(lines);
    expect(err).toEqual([]);
  });
});

describe("an error", () => {
  const error = (exit: ExitName): ValidatorError =>
    new ValidatorError("It is broken.", { exit, code: "broken", blame: "validator", remedy: "Mend it." });

  test.each(Object.entries(EXIT_CODES))("of exit %s ends with %i", (exit, code) => {
    expect(reportError(error(exit as ExitName), false)).toBe(code);
    expect(err).toEqual(["It is broken. Mend it.\n"]);
    expect(out).toEqual([]);
  });

  test("is a document on stdout for programs, of the shape that the schema says", () => {
    reportError(error("key"), true);
    expect(out).toHaveLength(1);
    const document: unknown = JSON.parse(out[0] ?? "");
    expect(SHAPES["error"]?.safeParse(document).success).toBe(true);
    expect(document).toEqual({
      error: { code: "broken", message: "It is broken.", blame: "validator", remedy: "Mend it." },
    });
  });

  test.each([[new TypeError("x is undefined")], ["a text"], [undefined], [{}]])(
    "that nobody foresaw (%s) is ours: exit 70, with what is known",
    (thrown) => {
      expect(reportError(thrown, false)).toBe(70);
      expect(err.join("")).toContain("start it again");
    },
  );

  test("made of a Fault keeps its code, blame and remedy", () => {
    const fault = {
      code: "chain-unreachable",
      blame: "chain",
      retryable: true,
      message: "Gone.",
      remedy: "Wait.",
    } as const;
    expect(faultError(fault)).toMatchObject({
      exit: "internal",
      code: "chain-unreachable",
      blame: "chain",
      remedy: "Wait.",
    });
  });
});
