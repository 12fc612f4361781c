import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { safeFacts } from "../../../src/adapters/system/safe-facts.ts";
import { openTelemetry, type TelemetryOptions } from "../../../src/adapters/system/telemetry.ts";
import type { Telemetry } from "../../../src/ports/telemetry.ts";

const KEY = `cpk_${"a1".repeat(16)}.${"b2".repeat(16)}.${"Xy9z".repeat(8)}`;

interface Opened extends Telemetry {
  readonly text: () => string;
  readonly pass: (ms: number) => void;
}

function open(options: Partial<TelemetryOptions> & { readonly isTTY?: boolean } = {}): Opened {
  let text = "";
  let now = 0;
  const stream = { isTTY: options.isTTY ?? false, write: (part: string) => (text += part) };
  const telemetry = openTelemetry({ level: "info", json: false, ...options, stream, monotonic: () => now });
  return { ...telemetry, text: () => text, pass: (ms) => (now += ms) };
}

describe("events", () => {
  test("are one readable line each", () => {
    const log = open();
    log.event("warn", "miner-failed", { uid: 7, code: "timeout", note: "two words", none: null });
    expect(log.text()).toMatch(/^\d\d:\d\d:\d\d warn {2}miner-failed uid=7 code=timeout note="two words" none=null\n$/);
  });

  test("are JSON lines for programs", () => {
    const log = open({ json: true });
    log.event("info", "cycle-sealed", { epoch: 3 });
    expect(JSON.parse(log.text())).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      event: "cycle-sealed",
      epoch: 3,
    });
  });

  test("below the level are left out", () => {
    const quiet = open({ level: "warn" });
    quiet.event("info", "a", {});
    quiet.event("debug", "b", {});
    quiet.progress("asking", 1, 2);
    expect(quiet.text()).toBe("");
    quiet.event("error", "c", {});
    expect(quiet.text()).toContain("error c");
  });

  test("obey no control character", () => {
    const log = open({ isTTY: true });
    log.event("info", "a", { text: "\u001b[2J\u202e\u009b\nsecond" });
    for (const control of ["\u001b", "\u202e", "\u009b"]) expect(log.text()).not.toContain(control);
    expect(log.text().split("\n")).toHaveLength(2);
  });
});

describe("progress", () => {
  test("is a plain line every five seconds and at the end where nobody looks", () => {
    const log = open();
    for (let done = 1; done <= 12; done += 1) {
      log.progress("asking", done, 12);
      log.pass(1000);
    }
    log.progress("judging", 1, 1);
    expect(log.text()).toBe("asking: 1 of 12\nasking: 6 of 12\nasking: 11 of 12\nasking: 12 of 12\njudging: 1 of 1\n");
  });

  test("is a JSON line for programs", () => {
    const log = open({ json: true });
    log.progress("asking", 1, 3);
    log.progress("asking", 2, 3);
    log.progress("asking", 3, 3);
    const lines = log.text().trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { event: "progress", stage: "asking", done: 1, total: 3 },
      { event: "progress", stage: "asking", done: 3, total: 3 },
    ]);
  });

  test("is a bar on a terminal, which events push down and the end closes", () => {
    const log = open({ isTTY: true, json: true });
    log.progress("asking", 12, 24);
    log.progress("asking", 13, 24);
    log.event("info", "something", {});
    log.pass(100);
    log.progress("asking", 24, 24);
    log.event("info", "after", {});
    const bar = `${"█".repeat(12)}${"░".repeat(12)} asking 12/24`;
    const full = `${"█".repeat(24)} asking 24/24`;
    expect(
      log
        .text()
        .replaceAll(/\d\d:\d\d:\d\d/g, "T")
        .replaceAll("\u001b[K", "~"),
    ).toBe(`\r~${bar}\r~T info  something\n${bar}\r~${full}\nT info  after\n`);
  });
});

describe("facts", () => {
  test.each([
    ["an API key in a text", { message: `refused ${KEY}!` }, { message: "refused [hidden]!" }],
    ["a bearer", { header: `Bearer ${"t".repeat(40)}` }, { header: "[hidden]" }],
    ["credentials in an address", { url: "wss://me:pw@node/x" }, { url: "wss://[hidden]@node/x" }],
    [
      "names of secrets",
      { apiKey: "a", secret: "b", mnemonic: "c" },
      { apiKey: "[hidden]", secret: "[hidden]", mnemonic: "[hidden]" },
    ],
    ["names of secrets further in", { a: { password: "x", b: 1 } }, { a: { password: "[hidden]", b: 1 } }],
    ["a long text", { text: "x".repeat(1000) }, { text: `${"x".repeat(300)}…` }],
    ["an error", { error: new Error(`bad ${KEY}`) }, { error: "bad [hidden]" }],
    ["bytes", { key: new Uint8Array(64) }, { key: "[64 bytes]" }],
    [
      "what is no JSON",
      { a: undefined, b: 1n, c: Number.NaN, d: () => 1 },
      { a: "[undefined]", b: "1", c: "NaN", d: "[function]" },
    ],
    ["deep things", { a: { b: { c: { d: 1 } } } }, { a: { b: { c: "[object]" } } }],
  ])("%s", (_name, facts, wanted) => {
    expect(safeFacts(facts)).toEqual(wanted);
  });

  test("of any kind can be written, shortly", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.anything()), (facts) => {
        const log = open({ json: true });
        log.event("info", "any", facts);
        expect(JSON.parse(log.text())).toMatchObject({ event: "any" });
      }),
    );
  });

  test("a key at the cut of a long text does not come through in part", () => {
    fc.assert(
      fc.property(fc.nat(1400), (before) => {
        const { text } = safeFacts({ text: "x".repeat(before) + KEY }) as { text: string };
        expect(text).not.toMatch(/cpk_a|b2b2|Xy9z/);
      }),
    );
  });
});
