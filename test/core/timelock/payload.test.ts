import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodePayload, encodePayload, type WeightsPayload } from "../../../src/core/timelock/payload.ts";
import { COMMITS, hex, TIMELOCK, text } from "./vectors.ts";

const VECTORS = [
  ...TIMELOCK.scale_payloads,
  ...COMMITS.commits.map(({ input, payload }) => ({ ...input, values: input.weights, encoded: payload })),
];

/** The client also writes what the chain drops: a hotkey that is none. */
const isKey = ({ hotkey }: { readonly hotkey: string | null }): boolean => hotkey === null || hotkey.length === 64;

test.each(VECTORS.filter(isKey))("the clients' payload is written and read: $encoded", (vector) => {
  const { hotkey, uids, values, version_key: versionKey, encoded } = vector;
  const payload = { hotkey: hotkey === null ? null : hex(hotkey), uids, values, versionKey };
  expect(text(encodePayload(payload))).toBe(encoded);
  expect(decodePayload(hex(encoded))).toEqual(payload);
});

test.each(VECTORS.filter((vector) => !isKey(vector)))("a payload of no hotkey is refused: $encoded", (vector) => {
  const { hotkey, uids, values, version_key: versionKey, encoded } = vector;
  expect(decodePayload(hex(encoded))).toBe("no-payload");
  expect(() => encodePayload({ hotkey: hex(hotkey ?? ""), uids, values, versionKey })).toThrow(RangeError);
});

const u16 = fc.integer({ min: 0, max: 65_535 });
const payloads: fc.Arbitrary<WeightsPayload> = fc
  .record({
    hotkey: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    rows: fc.array(fc.tuple(u16, u16), { maxLength: 300 }),
    versionKey: fc.bigInt({ min: 0n, max: 18_446_744_073_709_551_615n }).map(String),
  })
  .map(({ hotkey, rows, versionKey }) => ({
    hotkey,
    uids: rows.map(([uid]) => uid),
    values: rows.map(([, value]) => value),
    versionKey,
  }));

describe("a payload", () => {
  test("comes back as it was written, of 2,500 weights too", () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        expect(decodePayload(encodePayload(payload))).toEqual(payload);
      }),
    );
    const uids = Array.from({ length: 2500 }, (_, uid) => uid);
    const large = { hotkey: new Uint8Array(32).fill(7), uids, values: uids, versionKey: "7" };
    expect(decodePayload(encodePayload(large))).toEqual(large);
  });

  test("of the older form comes back without a hotkey", () => {
    const old = { hotkey: null, uids: [5], values: [65_535], versionKey: "1" };
    expect(text(encodePayload(old))).toBe("04050004ffff0100000000000000");
    expect(decodePayload(encodePayload(old))).toEqual(old);
  });

  test("cut or lengthened is none", () => {
    fc.assert(
      fc.property(payloads, fc.nat(), (payload, at) => {
        const bytes = encodePayload(payload);
        expect(typeof decodePayload(bytes.subarray(0, at % bytes.length))).toBe("string");
        expect(typeof decodePayload(new Uint8Array([...bytes, 0]))).toBe("string");
      }),
    );
  });

  test("of any bytes is read without a throw, and only from its one encoding", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const read = decodePayload(bytes);
        if (typeof read !== "string") expect(encodePayload(read)).toEqual(bytes);
      }),
    );
  });

  test.each([
    ["nothing", "", "no-payload"],
    ["a length beyond the end", "fdff0000", "no-payload"],
    ["a length of four bytes", "0200010000000000000000000000", "no-payload"],
    ["a length of two bytes that one would hold", "050005000400010000000000000000", "no-payload"],
    ["more uids than values", "0805000600040100000000000000000000", "no-payload"],
    ["two uids and one value", "080500060004ffff0000000000000000", "lists-differ"],
  ])("of %s says so", (_name, bytes, expected) => {
    expect(decodePayload(hex(bytes))).toBe(expected);
  });

  const good: WeightsPayload = { hotkey: null, uids: [1], values: [2], versionKey: "0" };
  test.each([
    ["a short hotkey", { ...good, hotkey: new Uint8Array(31) }],
    ["unequal lists", { ...good, values: [] }],
    ["a uid above u16", { ...good, uids: [65_536] }],
    ["a fraction", { ...good, values: [0.5] }],
    ["a negative value", { ...good, values: [-1] }],
    ["a version above u64", { ...good, versionKey: "18446744073709551616" }],
    ["a negative version", { ...good, versionKey: "-1" }],
    ["more than a list holds", { ...good, uids: Array(16_384).fill(1), values: Array(16_384).fill(1) }],
  ])("is not written from %s", (_name, payload) => {
    expect(() => encodePayload(payload)).toThrow(RangeError);
  });
});
