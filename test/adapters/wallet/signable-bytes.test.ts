import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { signableBytes } from "../../../src/adapters/wallet/signable-bytes.ts";
import type { SignableMessage } from "../../../src/ports/signer.ts";
import vectors from "../../vectors/epistula.json" with { type: "json" };

const SHA = "ab".repeat(32);
const UUID = "2f1c9f5e-6c3b-4d57-9f0e-0d8a3f1b7c11";
const ADDRESS = vectors.signer.ss58;
const GENESIS = `0x${"c3".repeat(32)}` as const;
const V2 = { kind: "epistula-v2", bodySha256: SHA, uuid: UUID, timestampMs: 1, signedFor: null } as const;

const text = (message: SignableMessage): string => Buffer.from(signableBytes(message)).toString("latin1");
const payload = (...parts: (string | Uint8Array)[]): Uint8Array =>
  new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array))));
const genesis = Buffer.from(GENESIS.slice(2), "hex");

describe("what the hotkey signs", () => {
  test.each([
    [{ kind: "seal", digest: `0x${SHA}` } as const, `touchstone seal v1\n0x${SHA}`],
    [V2, `${SHA}.${UUID}.1.`],
    [{ ...V2, signedFor: ADDRESS }, `${SHA}.${UUID}.1.${ADDRESS}`],
    [{ kind: "epistula-v2-interval", interval: 176, signedFor: ADDRESS } as const, `176.${ADDRESS}`],
    [
      { kind: "epistula-legacy-004", timestampNs: "1760000000000000000", bodySha256: SHA } as const,
      `1760000000000000000.${SHA}`,
    ],
  ])("$0.kind", (message, wanted) => {
    expect(text(message)).toBe(wanted);
  });

  test("a transaction as it is", () => {
    const bytes = payload(new Uint8Array([7, 0, 1]), genesis);
    expect(signableBytes({ kind: "extrinsic", payload: bytes, genesis: GENESIS })).toEqual(bytes);
  });
});

describe("what it does not sign", () => {
  const bad = (message: object): SignableMessage => message as SignableMessage;

  test.each([
    ["a seal of a short digest", bad({ kind: "seal", digest: "0xab" })],
    ["a seal with capitals", bad({ kind: "seal", digest: `0x${SHA.toUpperCase()}` })],
    ["a seal with a further line", bad({ kind: "seal", digest: `0x${SHA}\n` })],
    ["a body digest with 0x", bad({ ...V2, bodySha256: `0x${SHA.slice(2)}` })],
    ["a body digest in capitals", bad({ ...V2, bodySha256: SHA.toUpperCase() })],
    ["a uuid with a dot", bad({ ...V2, uuid: `${UUID.slice(0, -1)}.` })],
    ["a uuid of another length", bad({ ...V2, uuid: `${UUID}0` })],
    ["a time with a fraction", bad({ ...V2, timestampMs: 1.5 })],
    ["a time below zero", bad({ ...V2, timestampMs: -1 })],
    ["a time beyond 2^53", bad({ ...V2, timestampMs: 1e21 })],
    ["a receiver that is no address", bad({ ...V2, signedFor: `${ADDRESS}.` })],
    ["an empty receiver", bad({ ...V2, signedFor: "" })],
    ["an interval for nobody", bad({ kind: "epistula-v2-interval", interval: 1, signedFor: "" })],
    ["an interval that is no number", bad({ kind: "epistula-v2-interval", interval: Number.NaN, signedFor: ADDRESS })],
    ["a legacy time that is no number", bad({ kind: "epistula-legacy-004", timestampNs: "1e9", bodySha256: SHA })],
    ["a legacy time with a sign", bad({ kind: "epistula-legacy-004", timestampNs: "-1", bodySha256: SHA })],
    [
      "a transaction of no chain",
      bad({ kind: "extrinsic", payload: payload(new Uint8Array([7, 0])), genesis: GENESIS }),
    ],
    ["a transaction with half a genesis", bad({ kind: "extrinsic", payload: genesis, genesis: "0xc3" })],
    ["another kind", bad({ kind: "bytes", payload: genesis })],
  ])("%s", (_name, message) => {
    expect(() => signableBytes(message)).toThrow(
      expect.objectContaining({ code: "signing-refused", exit: "internal" }),
    );
  });

  test("any text of another dialect as a transaction, whatever genesis is claimed for it", () => {
    const seal = `touchstone seal v1\n0x${SHA}`;
    for (const forged of [seal, `${SHA}.${UUID}.1.`, `176.${ADDRESS}`]) {
      const claimed = `0x${Buffer.from(forged).subarray(0, 32).toString("hex")}` as const;
      expect(() => signableBytes({ kind: "extrinsic", payload: payload(forged), genesis: claimed })).toThrow(
        /another dialect/,
      );
    }
  });
});

test("no two dialects ever share a message", () => {
  const digits = fc.string({ unit: fc.constantFrom(..."0123456789abcdef".split("")), minLength: 64, maxLength: 64 });
  const message: fc.Arbitrary<SignableMessage> = fc.oneof(
    digits.map((hex) => ({ kind: "seal", digest: `0x${hex}` }) as const),
    fc
      .tuple(digits, fc.uuid(), fc.nat())
      .map(([bodySha256, uuid, timestampMs]) => ({ ...V2, bodySha256, uuid, timestampMs })),
    fc.nat().map((interval) => ({ kind: "epistula-v2-interval", interval, signedFor: ADDRESS }) as const),
    fc
      .tuple(fc.integer({ min: 1 }), digits)
      .map(([at, bodySha256]) => ({ kind: "epistula-legacy-004", timestampNs: String(at), bodySha256 }) as const),
    fc
      .uint8Array()
      .map((noise) => ({ kind: "extrinsic", payload: payload(noise, genesis), genesis: GENESIS }) as const),
  );
  const shape: Readonly<Record<SignableMessage["kind"], RegExp>> = {
    seal: /^touchstone seal v1\n0x[0-9a-f]{64}$/,
    "epistula-v2": /^[0-9a-f]{64}\.[0-9a-f-]{36}\.\d+\.(5\w+)?$/,
    "epistula-v2-interval": /^\d+\.5[1-9A-Za-z]{46,47}$/,
    "epistula-legacy-004": /^\d{1,20}\.[0-9a-f]{64}$/,
    extrinsic: /[^\n -~]/,
  };
  fc.assert(
    fc.property(message, (one) => {
      const bytes = text(one);
      const fitting = Object.entries(shape).filter(([, form]) => form.test(bytes));
      expect(fitting.map(([kind]) => kind)).toEqual([one.kind]);
    }),
  );
});
