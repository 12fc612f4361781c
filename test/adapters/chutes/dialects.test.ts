import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { requestSigner } from "../../../src/adapters/chutes/dialects.ts";
import type { SigningDialect } from "../../../src/core/model/config.ts";
import type { Hex } from "../../../src/core/model/ids.ts";
import type { SignableMessage, Signer } from "../../../src/ports/signer.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { FieldSigner } from "./field-signer.ts";

interface Vectors {
  readonly signer: { readonly ss58: string };
  readonly epistula_v2: readonly {
    readonly body: string;
    readonly timestamp: number;
    readonly uuid: string;
    readonly signed_for: string | null;
    readonly secret_interval_go: number;
    readonly headers: Readonly<Record<string, string>>;
  }[];
  readonly epistula_004: readonly { readonly body: string; readonly headers: Readonly<Record<string, string>> }[];
}

const vectors = JSON.parse(readFileSync(new URL("../../vectors/epistula.json", import.meta.url), "utf8")) as Vectors;

/** Answers with the vector's own signatures, each for the message it belongs to. */
class VectorSigner extends FieldSigner {
  override readonly hotkey = vectors.signer.ss58 as FieldSigner["hotkey"];
  readonly #answer: (message: SignableMessage) => string;

  constructor(answer: (message: SignableMessage) => string) {
    super();
    this.#answer = answer;
  }

  override sign(message: SignableMessage): Hex {
    this.asked.push(message);
    return this.#answer(message) as Hex;
  }
}

function signerOf(
  dialect: SigningDialect,
  signer: Signer | null,
  options: { clock?: ManualClock; random?: string } = {},
) {
  const { clock = new ManualClock(), random = "00".repeat(16) } = options;
  const entropy = { bytes: () => new Uint8Array(Buffer.from(random, "hex")) };
  return requestSigner({ dialect, signer, netuid: 1, clock, entropy });
}

describe("Epistula v2", () => {
  const withReceiver = vectors.epistula_v2.filter((vector) => vector.signed_for !== null);

  test.each(withReceiver)("headers of the vector with uuid $uuid", (vector) => {
    const { headers, secret_interval_go: interval, signed_for: receiver, timestamp, uuid } = vector;
    const signer = new VectorSigner((message) => {
      if (message.kind === "epistula-v2") return headers["Epistula-Request-Signature"] ?? "";
      if (message.kind !== "epistula-v2-interval") return "";
      return headers[`Epistula-Secret-Signature-${message.interval - interval + 1}`] ?? "";
    });
    const sign = signerOf("epistula-v2", signer, {
      clock: new ManualClock({ now: timestamp }),
      random: uuid.replaceAll("-", ""),
    });
    expect(sign(Buffer.from(vector.body, "hex"), receiver ?? "")).toEqual(headers);
  });

  test("a receiver's interval signatures are made once, and two of three serve the next interval", () => {
    const signer = new FieldSigner();
    const clock = new ManualClock({ now: 1_760_000_000_001 });
    const sign = signerOf("epistula-v2", signer, { clock });
    const intervals = (): number => signer.asked.filter(({ kind }) => kind === "epistula-v2-interval").length;
    const body = Buffer.from("{}");
    for (let n = 0; n < 5; n += 1) sign(body, "a");
    expect(intervals()).toBe(3);
    sign(body, "b");
    expect(intervals()).toBe(6);
    void clock.advance(10_000);
    sign(body, "a");
    expect(intervals()).toBe(7);
    expect(signer.asked.filter(({ kind }) => kind === "epistula-v2")).toHaveLength(7);
  });

  test("more receivers than are remembered cost signatures, not memory or correctness", () => {
    const signer = new FieldSigner();
    const sign = signerOf("epistula-v2", signer);
    const first = sign(Buffer.from("{}"), "0");
    for (let n = 0; n < 5_000; n += 1) sign(Buffer.from("{}"), String(n));
    expect(sign(Buffer.from("{}"), "0")).toEqual(first);
  });
});

describe("the other dialects", () => {
  test.each(vectors.epistula_004.filter(({ headers }) => headers["X-Epistula-Timestamp"]?.endsWith("000000")))(
    "headers of the legacy vector at $headers.X-Epistula-Timestamp",
    ({ body, headers }) => {
      const signer = new VectorSigner(() => `0x${headers["X-Epistula-Signature"]}`);
      expect(signerOf("legacy-004", signer)(Buffer.from(body, "hex"), "x")).toEqual(headers);
      expect(signer.asked).toMatchObject([{ timestampNs: headers["X-Epistula-Timestamp"] }]);
    },
  );

  test("none signs nothing, and neither does a dry run without a wallet", () => {
    const signer = new FieldSigner();
    expect(signerOf("none", signer)(Buffer.from("{}"), "x")).toEqual({});
    expect(signerOf("epistula-v2", null)(Buffer.from("{}"), "x")).toEqual({});
    expect(signer.asked).toEqual([]);
  });
});
