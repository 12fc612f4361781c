import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { misshape } from "../../../src/adapters/journal/record-shape.ts";
import { list } from "../../../src/adapters/journal/shape-parts.ts";
import type { CycleRecord } from "../../../src/core/model/records.ts";
import { Bench, goodScript, recordOf, sealedOf } from "../../support/cycle-bench.ts";
import { changed, leavesOf, type Path } from "../../support/forge.ts";
import { hotkeyOf } from "../../support/scripted-world.ts";

const bench = new Bench();
afterAll(() => bench[Symbol.dispose]());
const script = goodScript();
const fault = {
  code: "timeout",
  blame: "platform",
  retryable: true,
  message: "",
  remedy: "",
  evidence: { status: 504 },
};
const { result } = await bench.run({
  ...script,
  answer: (question) => (question.taskId === "t00" ? (fault as never) : (script.answer?.(question) ?? "")),
});
const RECORDS = sealedOf(result).records;
const KINDS = ["header", "snapshot", "roster", "challenge", "response", "judgement"] as const;
const SEALING = ["score-sheet", "weight-vector", "submission", "seal"] as const;

describe("the records of a real cycle", () => {
  test("have their shapes", () => {
    expect(RECORDS.map(misshape).filter((wrong) => wrong !== undefined)).toEqual([]);
  });

  test.each([...KINDS, ...SEALING])("a %s without any one of its fields, or with one more, has not", (kind) => {
    const record = recordOf(RECORDS, kind);
    for (const field of Object.keys(record)) {
      const { [field as "kind"]: _gone, ...rest } = record;
      expect([field, misshape(rest as CycleRecord)]).not.toEqual([field, undefined]);
    }
    expect(misshape(Object.assign({ extra: 1 }, record))?.problem).toContain("extra");
    expect(misshape(JSON.parse(`{"__proto__":1,${JSON.stringify(record).slice(1)}`) as CycleRecord)).toBeDefined();
  });
});

describe("what is wrong is named by its field", () => {
  test.each<[CycleRecord["kind"], Path, unknown, string]>([
    ["header", ["hotkey"], "nobody", "hotkey"],
    ["header", ["genesis"], "0xABCD", "genesis"],
    ["header", ["scoring", "decay"], 1.5, "scoring.decay"],
    ["header", ["scoring", "tasks", "judged"], 1001, "scoring.tasks.judged"],
    ["header", ["scoring", "policy", "temperature"], 0, "scoring.policy.temperature"],
    ["header", ["pack", "judge", "letters"], Array(33).fill("A"), "pack.judge.letters"],
    ["header", ["pack", "generators"], [], "pack.generators"],
    ["snapshot", ["neurons", 1, "stakeRao"], "01", "neurons[1].stakeRao"],
    ["snapshot", ["neurons", 1, "uid"], 0.5, "neurons[1].uid"],
    ["snapshot", ["neurons"], { length: 1 }, "neurons"],
    ["snapshot", ["commitments", 0, "fields", 0, "data"], "0x0", "commitments[0].fields[0].data"],
    ["snapshot", ["epochState", "mode"], "other", "epochState.mode"],
    ["roster", ["entries", 1, "eligible"], "yes", "entries[1].eligible"],
    ["roster", ["entries", 0, "reason"], "because", "entries[0].reason"],
    ["roster", ["chutes", 0, "view", "cords", 0, "path"], 1, "chutes[0].view.cords[0].path"],
    ["challenge", ["tasks", 0, "prompt"], "x".repeat(65_537), "tasks[0].prompt"],
    ["response", ["outcome", "fault", "blame"], "sun", "outcome.fault.blame"],
    ["response", ["outcome", "fault", "evidence", "account"], "1", "outcome.fault.evidence"],
    ["judgement", ["score"], 2, "score"],
    ["judgement", ["judge", "kind"], "crowd", "judge.kind"],
    ["score-sheet", ["after", "miners", 0, "hotkey"], "", "after.miners[0].hotkey"],
    ["weight-vector", ["values", 0], -1, "values[0]"],
    ["weight-vector", ["withhold"], ["mood"], "withhold[0]"],
    ["submission", ["state"], "lost", "state"],
    ["seal", ["parents"], Array(17).fill(hotkeyOf(1)), "parents"],
    ["seal", ["signature"], "none", "signature"],
    ["seal", ["spend", "tokens"], null, "spend.tokens"],
  ])("%s %j", (kind, path, to, field) => {
    expect(misshape(changed(recordOf(RECORDS, kind), path, to))?.field).toBe(field);
  });
});

describe("a hostile record", () => {
  test("is answered by a value, whatever stands anywhere in it", () => {
    const place = fc
      .nat(RECORDS.length - 1)
      .chain((index) => fc.constantFrom(...leavesOf(RECORDS[index])).map((path) => ({ index, path })));
    fc.assert(
      fc.property(place, fc.jsonValue(), ({ index, path }, to) => {
        const wrong = misshape(changed(RECORDS[index], path, to) as CycleRecord);
        expect(typeof (wrong?.field ?? "")).toBe("string");
      }),
      { numRuns: 500 },
    );
  });

  test("of millions of wrong items costs one look", () => {
    let looked = 0;
    const item = z.custom<number>(() => {
      looked += 1;
      return false;
    });
    const wrong = list(item).safeParse(Array(60_000).fill(0));
    expect(wrong.error?.issues).toHaveLength(1);
    expect(looked).toBe(1);
    expect(list(item).safeParse(Array(65_537).fill(0)).error?.issues[0]?.message).toMatch(/at most 65536/);
    expect(looked).toBe(1);
  });
});
