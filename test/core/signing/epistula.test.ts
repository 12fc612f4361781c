import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Hex } from "../../../src/core/model/ids.ts";
import {
  epistulaInterval,
  epistulaIntervalMessage,
  epistulaLegacyHeaders,
  epistulaLegacyMessage,
  epistulaV2Headers,
  epistulaV2Message,
} from "../../../src/core/signing/epistula.ts";
import { sealMessage } from "../../../src/core/signing/seal-message.ts";
import vectors from "../../vectors/epistula.json" with { type: "json" };

const sha256 = (hex: string): string => createHash("sha256").update(Buffer.from(hex, "hex")).digest("hex");

describe("Epistula version 2, against headers made in Python", () => {
  test.each(vectors.epistula_v2.map((vector, index) => ({ index, ...vector })))("request $index", (vector) => {
    const headers = new Map(Object.entries<string>(vector.headers));
    const request = {
      bodySha256: sha256(vector.body),
      uuid: vector.uuid,
      timestampMs: vector.timestamp,
      signedFor: vector.signed_for,
    };
    expect(epistulaV2Message(request)).toBe(vector.message);
    const secrets = [0, 1, 2].map((index) => headers.get(`Epistula-Secret-Signature-${index}`) as Hex | undefined);
    const [before, now, next] = secrets;
    expect(
      epistulaV2Headers({
        ...request,
        signedBy: vector.signed_by,
        signature: vector.headers["Epistula-Request-Signature"] as Hex,
        secretSignatures: before && now && next ? [before, now, next] : null,
      }),
    ).toEqual(vector.headers);
  });

  test.each(vectors.epistula_v2.filter(({ signed_for }) => signed_for !== null))("interval of $timestamp", (vector) => {
    const interval = epistulaInterval(vector.timestamp);
    expect(interval).toBe(vector.secret_interval_go);
    const messages = [interval - 1, interval, interval + 1].map((at) =>
      epistulaIntervalMessage(at, vector.signed_for ?? ""),
    );
    expect(messages).toEqual(vector.secret_messages_go);
  });
});

describe("the legacy-004 form", () => {
  test.each(vectors.epistula_004)("of $message", (vector) => {
    const { "X-Epistula-Timestamp": timestampNs, "X-Epistula-Signature": signature } = vector.headers;
    expect(epistulaLegacyMessage(timestampNs, sha256(vector.body))).toBe(vector.message);
    const headers = epistulaLegacyHeaders({
      timestampNs,
      signedBy: vector.headers["X-Epistula-Hotkey"],
      signature: `0x${signature}`,
      netuid: Number(vector.headers["X-Epistula-Netuid"]),
    });
    expect(headers).toEqual(vector.headers);
  });
});

describe("messages of the reference (chutes.md §1.5)", () => {
  const body = "357bdef55f6a902f61c0b452ffab49870ae57a6af9c96ed9c4344350986fc111";
  const uuid = "2f1c9f5e-6c3b-4d57-9f0e-0d8a3f1b7c11";
  const receiver = "5Dt7HZ7Zpw4DppPxFM7Ke3Cm7sDAWhsZXmM5ZAmE7dSVJbcQ";

  test("with a receiver, without one, for an interval, and the legacy form", () => {
    const request = { bodySha256: body, uuid, timestampMs: 1_760_000_000_000 };
    expect(epistulaV2Message({ ...request, signedFor: receiver })).toBe(`${body}.${uuid}.1760000000000.${receiver}`);
    expect(epistulaV2Message({ ...request, signedFor: null })).toBe(`${body}.${uuid}.1760000000000.`);
    expect(epistulaIntervalMessage(epistulaInterval(1_760_000_000_000), receiver)).toBe(`176000000.${receiver}`);
    expect(epistulaLegacyMessage("1760000000000000000", body)).toBe(`1760000000000000000.${body}`);
  });

  test("a seal's text begins with words that no request begins with", () => {
    const digest = `0x${"ab".repeat(32)}` as const;
    expect(sealMessage(digest)).toBe(`touchstone seal v1\n${digest}`);
  });
});
