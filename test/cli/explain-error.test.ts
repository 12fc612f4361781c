import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { explainError } from "../../src/cli/explain-error.ts";
import { findOwnErrors } from "../../src/cli/explain-own-errors.ts";
import { PROGRAM_ERRORS } from "../../src/cli/explain-program-errors.ts";
import type { ExplainErrorShape } from "../../src/cli/machine-types.ts";
import { SHAPES } from "../../src/cli/shapes.ts";
import { EXIT_CODES, FAULT_CODES, ValidatorError } from "../../src/core/model/fault.ts";
import { REVEAL_CAUSES, WITHHOLD_REASONS } from "../../src/core/model/records.ts";

const SENTENCES = { message: expect.stringMatching(/^[A-Z].*\.$/), remedy: expect.stringMatching(/[a-z].*\.$/) };

function explained(query: string): { readonly said: readonly string[]; readonly document: ExplainErrorShape } {
  const said: string[] = [];
  const documents: unknown[] = [];
  const code = explainError(query, {
    json: true,
    quiet: false,
    say: (text) => said.push(text),
    document: (value) => documents.push(value),
  });
  expect(code).toBe(0);
  expect(SHAPES["explain-error"]?.safeParse(documents[0]).error).toBeUndefined();
  return { said, document: documents[0] as ExplainErrorShape };
}

function refused(query: string): ValidatorError {
  try {
    explained(query);
  } catch (error) {
    if (error instanceof ValidatorError) return error;
    throw error;
  }
  throw new Error(`${query} is known`);
}

test("an error is explained with source, fault, what to do, sentence and remedy", () => {
  const { said, document } = explained("SettingWeightsTooFast");
  expect(document).toMatchObject({
    query: "SettingWeightsTooFast",
    errors: [{ name: "SubtensorModule.SettingWeightsTooFast", source: "dispatch", class: "wait", blame: "chain" }],
  });
  expect(said).toHaveLength(3);
  expect(said[0]).toBe("SubtensorModule.SettingWeightsTooFast (from: dispatch; fault: chain; to do: wait)");
});

describe("this program's own words", () => {
  test.each([...FAULT_CODES])("fault code %s has a sentence and a remedy", (code) => {
    expect(findOwnErrors(code)[0]).toMatchObject({ name: code, ...SENTENCES });
  });

  test.each([...WITHHOLD_REASONS])("reason %s of withheld weights is explained, with its details too", (reason) => {
    for (const query of [reason, `${reason}: 12 of 8`]) {
      expect(findOwnErrors(query)).toContainEqual(
        expect.objectContaining({ name: `weights withheld: ${reason}`, ...SENTENCES }),
      );
    }
  });

  test.each([...REVEAL_CAUSES])("cause %s of a missing reveal is explained", (cause) => {
    const found = findOwnErrors(cause);
    expect(found).toContainEqual(expect.objectContaining({ name: `commit not revealed: ${cause}`, ...SENTENCES }));
  });

  test.each(PROGRAM_ERRORS)("error %s is explained with its exit code", (code) => {
    const found = findOwnErrors(code);
    expect(found).toContainEqual(
      expect.objectContaining({ name: expect.stringMatching(/^exit \d+: /), class: expect.any(String), ...SENTENCES }),
    );
  });

  test("every code with which a command of an operator ends has an entry", () => {
    const thrown = globSync("src/{adapters,application,core/timelock}/**/*.ts").flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/exit: "([a-z]+)",\s*code: "([a-z-]+)"/g)].map(([, , code = ""]) => code),
    );
    expect(thrown.length).toBeGreaterThan(15);
    const bugs = new Set(["signing-refused", "vector-invalid"]);
    expect([...new Set(thrown)].filter((code) => !bugs.has(code) && findOwnErrors(code).length === 0)).toEqual([]);
  });

  test.each(Object.entries(EXIT_CODES))("exit code of %s is explained", (name, code) => {
    for (const query of [`exit ${code}`, `exit code ${code}`, String(code)]) {
      expect(findOwnErrors(query)).toMatchObject([{ name: `exit ${code} ${name}` }]);
    }
  });

  test("are kept apart from the chain's: what can mean both is told twice", () => {
    expect(explained("1").document.errors.map(({ source }) => source)).toEqual(["admission", "touchstone"]);
    expect(explained("exit 1").document.errors.map(({ source }) => source)).toEqual(["touchstone"]);
  });
});

describe("what nobody knows", () => {
  test.each([
    ["NeuronNoValidatorPermitt", "NeuronNoValidatorPermit"],
    ["SubtensorModule.SettingWeightTooFast", "SettingWeightsTooFast"],
    ["RevealRound", "InvalidRevealRound"],
    ["chain-unreachble", "chain-unreachable"],
  ])("%s is refused with the nearest name", (query, near) => {
    expect(refused(query)).toMatchObject({ exit: "configuration", code: "error-unknown" });
    expect(refused(query).remedy).toContain(near);
  });

  test.each(["zzzzzzzz", "", "custom 200", "exit 5"])("%j is refused with examples", (query) => {
    expect(refused(query).remedy).toContain("SettingWeightsTooFast");
  });

  test("is repeated in part only", () => {
    expect(refused("z".repeat(5000)).message.length).toBeLessThan(200);
  });
});
