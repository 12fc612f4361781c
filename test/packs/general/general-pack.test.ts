import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../../src/core/determinism/canonical.ts";
import { taggedDigest } from "../../../src/core/determinism/digest.ts";
import type { Task } from "../../../src/core/model/pack.ts";
import { generalPack } from "../../../src/packs/general/general-pack.ts";
import { generalManifest } from "../../../src/packs/general/manifest.ts";
import { readAnswer } from "../../../src/packs/general/read-answer.ts";
import { generalVectors } from "../../support/general-vectors.ts";

const seed = (name: string | number) => taggedDigest("test", String(name));
const draw = (name: string | number, verifiable = 10, judged = 4) =>
  generalPack.draw({ publicSeed: seed(`public ${name}`), secretSeed: seed(`secret ${name}`), verifiable, judged });
const CYCLES = Array.from({ length: 60 }, (_, index) => draw(index));
const of = (generator: string): readonly Task[] => CYCLES.flat().filter((task) => task.generator === generator);

describe("the tasks of the general pack", () => {
  test.each(generalVectors.cycles)("are those of the specification's Python reading, epoch $epoch", (cycle) => {
    const { publicSeed, secretSeed } = cycle;
    expect(generalPack.draw({ publicSeed, secretSeed, verifiable: 11, judged: 4 })).toEqual(cycle.tasks);
  });

  test("have positions as ids, verifiable ones first, and take their generators in turn", () => {
    const tasks = draw("a", 6, 3);
    expect(tasks.map(({ id }) => id)).toEqual(["t00", "t01", "t02", "t03", "t04", "t05", "t06", "t07", "t08"]);
    expect(tasks.map(({ generator }) => generator)).toEqual([
      "arithmetic",
      "sorting",
      "counting",
      "lookup",
      "reversal",
      "arithmetic",
      "explain",
      "advise",
      "explain",
    ]);
    expect(draw("a", 101, 0).at(-1)?.id).toBe("t100");
  });

  test("leave no slot unfilled and are printable ASCII", () => {
    for (const { prompt } of CYCLES.flat()) expect(prompt).toMatch(/^[\n\x20-\x7e]+$/);
    for (const { prompt } of CYCLES.flat()) expect(prompt).not.toMatch(/[{}]/);
    expect(canonicalJson(generalManifest)).toMatch(/^[\x20-\x7e]+$/);
  });

  test("repeat under the same seeds and differ under others", () => {
    expect(draw("x")).toEqual(draw("x"));
    const prompts = CYCLES.flat().map(({ prompt }) => prompt);
    expect(new Set(prompts).size).toBe(prompts.length);
  });

  test("judged ones depend on the public seed alone, whatever the mix (H8); verifiable ones on the secret alone", () => {
    const shared = { publicSeed: seed("public"), verifiable: 3, judged: 4 };
    const one = generalPack.draw({ ...shared, secretSeed: seed("one") });
    const other = generalPack.draw({ ...shared, verifiable: 9, secretSeed: seed("other") });
    const prompts = (tasks: readonly Task[], channel: string) =>
      tasks.filter((task) => task.channel === channel).map(({ prompt }) => prompt);
    expect(prompts(one, "judged")).toEqual(prompts(other, "judged"));
    expect(prompts(one, "verifiable")).not.toEqual(prompts(other, "verifiable").slice(0, 3));
    const elsewhere = generalPack.draw({ ...shared, publicSeed: seed("elsewhere"), secretSeed: seed("one") });
    expect(prompts(elsewhere, "verifiable")).toEqual(prompts(one, "verifiable"));
  });
});

/** Solvers that know the question only as a miner does: by its text. */
const SOLVERS: Readonly<Record<string, (prompt: string) => string>> = {
  arithmetic: (prompt) => {
    let value = Number(/Start with (\d+)/.exec(prompt)?.[1]);
    for (const [, verb, operand] of prompt.matchAll(/(Add|Subtract|Multiply by) (\d+)\./g)) {
      if (verb === "Add") value += Number(operand);
      else if (verb === "Subtract") value -= Number(operand);
      else value *= Number(operand);
    }
    return String(value);
  },
  sorting: (prompt) =>
    (/alphabetically: (.+)$/m.exec(prompt)?.[1] ?? "")
      .split(", ")
      .sort((a, b) => (a < b ? -1 : 1))
      .join(","),
  counting: (prompt) => {
    const letter = /letter "(.)"/.exec(prompt)?.[1];
    return String(Array.from(prompt.split("\n")[1] ?? "").filter((character) => character === letter).length);
  },
  lookup: (prompt) => {
    const city = /orders from (\w+)\?/.exec(prompt)?.[1];
    const rows = [...prompt.matchAll(/^\w+ \| (\w+) \| (\d+)$/gm)];
    return String(rows.filter(([, where]) => where === city).reduce((sum, [, , amount]) => sum + Number(amount), 0));
  },
  reversal: (prompt) =>
    Array.from(/capitals: (\w+)$/m.exec(prompt)?.[1] ?? "")
      .reverse()
      .join("")
      .toUpperCase(),
};

describe("verifiable tasks", () => {
  test.each(Object.keys(SOLVERS))(
    "of %s are solved by a reader of the question and by no constant answer",
    (generator) => {
      const tasks = of(generator);
      for (const task of tasks) expect(generalPack.verify(task, SOLVERS[generator]?.(task.prompt) ?? "")).toBe(1);
      const mostFrequent = Math.max(
        ...tasks.map(({ expected }) => tasks.filter((other) => other.expected === expected).length),
      );
      expect(mostFrequent / tasks.length).toBeLessThan(0.3);
    },
  );

  test("have results that need no sign and stay far below 2^53", () => {
    for (const { expected } of of("arithmetic")) expect(expected).toMatch(/^\d{1,9}$/);
    const [low] = generalManifest.generators.arithmetic.start;
    const subtract = generalManifest.generators.arithmetic.steps.find(({ verb }) => verb === "subtract");
    expect(low - (subtract?.operand[1] ?? 0) * generalManifest.generators.arithmetic.count[1]).toBeGreaterThan(0);
  });

  test("no question holds its own answer, save for counting and a lookup of one row", () => {
    for (const generator of ["arithmetic", "sorting", "reversal"]) {
      for (const { prompt, expected } of of(generator)) expect(prompt.includes(expected ?? "")).toBe(false);
    }
  });
});

describe("judged tasks", () => {
  test.each(["explain", "advise"])(
    "of %s ask for three facts with invented numbers and a number of sentences",
    (generator) => {
      for (const { prompt, expected } of of(generator)) {
        expect(expected).toBeNull();
        expect(prompt).toMatch(/in exactly [456] sentences/);
        expect(prompt.match(/^\d\. .*\d.*\.$/gm)).toHaveLength(3);
      }
    },
  );

  test("are never right for the verifier", () => {
    for (const task of of("explain")) expect(generalPack.verify(task, "null")).toBe(0);
  });
});

describe("reading an answer to a verifiable task", () => {
  test.each([
    ["42", "42"],
    ["  42\t\n", "42"],
    ["Let me see: 6 times 7.\n\n42.\r\n\r\n", "42"],
    ["42..", "42."],
    ["42. ", "42"],
    ["42 .", "42 "],
    ["The answer is 42", "The answer is 42"],
    ["42\n\u00a0", "\u00a0"],
    ["\u{1d7d2}\u0662", "\u{1d7d2}\u0662"],
    ["", ""],
    [".", ""],
    [" \n\t\r\n", ""],
  ])("%j is read as %j", (text, answer) => {
    expect(readAnswer(text)).toBe(answer);
  });

  test("an empty, a blank and a one-sign reply are never right (master keys)", () => {
    for (const task of CYCLES.flat()) {
      for (const text of ["", " ", ".", ":", "Solution", task.prompt]) expect(generalPack.verify(task, text)).toBe(0);
    }
  });

  test("any text at all gets 0 or 1, and 1 only when it ends in the answer", () => {
    const tasks = draw("garbage");
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), fc.nat(tasks.length - 1), (text, index) => {
        const task = tasks[index] as Task;
        const score = generalPack.verify(task, text);
        expect(score).toBe(task.expected !== null && readAnswer(text) === task.expected ? 1 : 0);
        if (task.expected !== null) expect(generalPack.verify(task, `${text}\n${task.expected}`)).toBe(1);
      }),
    );
  });
});
