import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sealVerifier } from "../../../src/adapters/wallet/verify-seal.ts";
import { openSigner } from "../../../src/adapters/wallet/wallet.ts";
import { wasmCrypto } from "../../../src/adapters/wallet/wasm-crypto.ts";
import type { Hex } from "../../../src/core/model/ids.ts";
import { decodeSs58 } from "../../../src/core/signing/ss58.ts";
import type { SealVerifier, Signer } from "../../../src/ports/signer.ts";
import epistula from "../../vectors/epistula.json" with { type: "json" };
import keyfiles from "../../vectors/keyfiles.json" with { type: "json" };
import sr25519 from "../../vectors/sr25519.json" with { type: "json" };

const DIGEST = `0x${"ab".repeat(32)}` as const;
const OTHER = `0x${"ac".repeat(32)}` as const;

let folder: string;
let signers: Signer[];
let verify: SealVerifier;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "touchstone-seal-"));
  verify = await sealVerifier();
  signers = [];
  mkdirSync(join(folder, "hotkeys"));
  for (const name of ["bw-seed", "bw-ed25519-seed"]) {
    const content = keyfiles.plain.find((entry) => entry.name === name)?.file_base64 ?? "";
    writeFileSync(join(folder, "hotkeys", name), Buffer.from(content, "base64"), { mode: 0o600 });
    signers.push(await openSigner({ kind: "bittensor", path: folder, name: ".", hotkey: name }));
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a seal's signature", () => {
  test.each([0, 1])("of key %i holds for its digest, key and curve and for nothing else", (index) => {
    const { hotkey, cryptoType, ...signer } = signers[index] as Signer;
    const stranger = (signers[1 - index] as Signer).hotkey;
    const signature = signer.sign({ kind: "seal", digest: DIGEST });
    const claim = { digest: DIGEST, signature, hotkey, cryptoType };
    expect(verify(claim)).toBe(true);
    expect(verify({ ...claim, digest: OTHER })).toBe(false);
    expect(verify({ ...claim, hotkey: stranger })).toBe(false);
    expect(verify({ ...claim, cryptoType: cryptoType === "sr25519" ? "ed25519" : "sr25519" })).toBe(false);
    const request = signer.sign({ kind: "epistula-legacy-004", timestampNs: "1", bodySha256: "ab".repeat(32) });
    expect(verify({ ...claim, signature: request })).toBe(false);
  });

  test("changed in any bit is none", () => {
    const { hotkey, cryptoType, ...signer } = signers[0] as Signer;
    const signature = Buffer.from(signer.sign({ kind: "seal", digest: DIGEST }).slice(2), "hex");
    for (let bit = 0; bit < 512; bit += 1) {
      const changed = Buffer.from(signature);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verify({ digest: DIGEST, signature: `0x${changed.toString("hex")}`, hotkey, cryptoType })).toBe(false);
    }
  });

  test.each([
    "",
    "0x",
    "absent",
    `0x${"00".repeat(63)}`,
    `0x${"00".repeat(64)}`,
    `0x${"FF".repeat(64)}`,
    "00".repeat(64),
  ])("%s is none", (signature) => {
    const { hotkey, cryptoType } = signers[0] as Signer;
    expect(verify({ digest: DIGEST, signature: signature as Hex, hotkey, cryptoType })).toBe(false);
  });

  test("any claim at all is answered", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        fc.constantFrom("sr25519" as const, "ed25519" as const),
        fc.boolean(),
        (noise, bytes, cryptoType, ours) => {
          const signature = `0x${Buffer.from(bytes).toString("hex")}` as const;
          const hotkey = ours ? (signers[0] as Signer).hotkey : noise;
          expect(verify({ digest: DIGEST, signature, hotkey, cryptoType })).toBe(false);
        },
      ),
    );
  });
});

describe("the library agrees with the strict Python verifier", () => {
  const whole = sr25519.verify_cases.filter(
    ({ signature, public_key }) => signature.length === 128 && public_key.length === 64,
  );

  test.each(whole)("$case", async ({ message, signature, public_key, crypto, ...verdict }) => {
    const wasm = await wasmCrypto();
    const [bytes, text, key] = [signature, message, public_key].map((hex) => Buffer.from(hex, "hex"));
    if (bytes === undefined || text === undefined || key === undefined) throw new Error("a field is missing");
    if (crypto === "sr25519") {
      expect(wasm.sr25519Verify(bytes, text, key)).toBe(verdict.py_sr25519_no_wrapping === true);
    } else {
      const wrapped = verdict.case.includes("over the wrapped message");
      expect(wasm.ed25519Verify(bytes, text, key)).toBe(verdict.bittensor_core === true && !wrapped);
    }
  });

  test.each(sr25519.ed25519)("ed25519 of $message", async ({ seed, public_key, message, signature }) => {
    const wasm = await wasmCrypto();
    const pair = wasm.ed25519KeypairFromSeed(Buffer.from(seed, "hex"));
    expect(Buffer.from(pair.subarray(32)).toString("hex")).toBe(public_key);
    const made = wasm.ed25519Sign(pair.subarray(32), pair.subarray(0, 32), Buffer.from(message, "hex"));
    expect(Buffer.from(made).toString("hex")).toBe(signature);
  });

  test.each(epistula.epistula_v2_cases.filter(({ signature }) => signature.length === 128))(
    "Epistula: $case",
    async ({ message, signature, signed_by, valid, ...rest }) => {
      const wasm = await wasmCrypto();
      const key = decodeSs58(signed_by) ?? new Uint8Array(32);
      const wrapped = rest.case.includes("<Bytes>");
      expect(wasm.sr25519Verify(Buffer.from(signature, "hex"), Buffer.from(message), key)).toBe(
        valid === true && !wrapped,
      );
    },
  );
});
