import { afterAll, describe, expect, test } from "vitest";
import { dryRunReport, onceReport } from "../../src/cli/cycle-report.ts";
import { configuredPack, packOf } from "../../src/cli/packs.ts";
import { schema } from "../../src/cli/schema.ts";
import { SHAPES } from "../../src/cli/shapes.ts";
import { Bench, goodScript, recordOf, sealedOf } from "../support/cycle-bench.ts";
import { forged } from "../support/forge.ts";
import { hotkeyOf } from "../support/scripted-world.ts";

const bench = new Bench();
afterAll(() => bench[Symbol.dispose]());
const { result } = await bench.run(goodScript());
const sealed = sealedOf(result);

describe("the report of a cycle", () => {
  test("says what was recorded, in the shape that the schema says", () => {
    const report = onceReport(sealed.records, sealed);
    expect(SHAPES["once"]?.safeParse(report).error).toBeUndefined();
    const { uids, values } = recordOf(sealed.records, "weight-vector");
    expect(report).toMatchObject({
      netuid: 7,
      mechid: 0,
      epoch: 3,
      block: 1301,
      weights: { uids, values },
      submission: { kind: "direct", state: "reflected", block: 1111 },
      bundle: sealed.bundle,
      seal: sealed.seal,
    });
    expect(report.miners.map(({ uid }) => uid)).toEqual([1, 2]);
    expect(report.submission).not.toHaveProperty("reason");
    expect(report.miners[0]).not.toHaveProperty("reason");
  });

  test("leaves out what a withheld submission has not, and shows the vector all the same", () => {
    const withheld = { submission: "withheld", state: "planned", reason: "no-permit", block: null, extrinsic: null };
    const submission = { ...recordOf(sealed.records, "submission"), ...withheld };
    const records = sealed.records.map((record) => (record.kind === "submission" ? submission : record));
    const report = onceReport(records as typeof sealed.records, sealed);
    expect(report.submission).toEqual({ kind: "withheld", state: "planned", reason: "no-permit" });
    expect(report.weights.uids.length).toBeGreaterThan(0);
    expect(SHAPES["once"]?.safeParse(report).success).toBe(true);
  });

  test("of a dry run compares u16 with u16, missing as zero", () => {
    const row = { uid: 9, hotkey: hotkeyOf(9), uids: [1, 4], values: [65_535, 7] };
    const records = forged(forged(sealed.records, "snapshot", ["row"], row), "weight-vector", ["uids"], [1, 2]);
    const report = dryRunReport(forged(records, "weight-vector", ["values"], [65_535, 100]), sealed);
    expect(report.chain).toEqual({ uids: [1, 4], values: [65_535, 7] });
    expect(report.difference).toEqual([
      { uid: 2, ours: 100, chain: 0 },
      { uid: 4, ours: 0, chain: 7 },
    ]);
    expect(SHAPES["dry-run"]?.safeParse(report).success).toBe(true);
  });

  test("of a dry run without a row to compare with differs in everything", () => {
    const report = dryRunReport(sealed.records, sealed);
    expect(report.chain).toEqual({ uids: [], values: [] });
    expect(report.difference.map(({ uid }) => uid)).toEqual(report.weights.uids);
  });

  test("cannot be made of half a cycle", () => {
    expect(() => onceReport(sealed.records.slice(0, 3), sealed)).toThrow("without its score-sheet");
  });
});

describe("the machine interface", () => {
  test.each(Object.keys(SHAPES))("has a closed JSON Schema of %s", (name) => {
    expect(schema(name)).toMatchObject({ type: "object", additionalProperties: false });
  });

  test.each(["nothing", "", "__proto__", "constructor"])("knows no document called %j", (name) => {
    expect(() => schema(name)).toThrow(expect.objectContaining({ exit: "configuration", code: "schema-unknown" }));
  });

  test.each(["once", "dry-run", "replay", "start", "error"])("refuses a field more in %s", (name) => {
    const parsed = SHAPES[name]?.safeParse({ unheardOf: 1 });
    expect(JSON.stringify(parsed?.error?.issues)).toContain("unheardOf");
  });
});

describe("packs", () => {
  test("are found by exactly their id and version", () => {
    expect(packOf("general", 1)?.manifest.id).toBe("general");
    expect(packOf("general", 2)).toBeUndefined();
    expect(packOf("toString", 1)).toBeUndefined();
  });

  test("that a configuration names and nobody has are named in the error", () => {
    expect(configuredPack("general").manifest.version).toBe(1);
    expect(() => configuredPack("gneral")).toThrow(
      expect.objectContaining({ exit: "configuration", code: "pack-unknown", remedy: "Set pack to one of: general." }),
    );
  });
});
