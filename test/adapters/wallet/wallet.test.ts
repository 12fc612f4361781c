import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { blake2b } from "@noble/hashes/blake2.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSigner } from "../../../src/adapters/wallet/wallet.ts";
import { wasmCrypto } from "../../../src/adapters/wallet/wasm-crypto.ts";
import type { WalletConfig } from "../../../src/core/model/config.ts";
import { sealMessage } from "../../../src/core/signing/seal-message.ts";
import type { Signer } from "../../../src/ports/signer.ts";
import keyfiles from "../../vectors/keyfiles.json" with { type: "json" };
import sr25519 from "../../vectors/sr25519.json" with { type: "json" };

const DIGEST = `0x${"ab".repeat(32)}` as const;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "touchstone-wallet-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(content: string | Uint8Array, mode = 0o600): string {
  const file = join(folder, "secret");
  rmSync(file, { recursive: true, force: true });
  writeFileSync(file, content, { mode });
  chmodSync(file, mode);
  return file;
}

function walletOf(content: Uint8Array): WalletConfig {
  const hotkeys = join(folder, "wallets", "validator", "hotkeys");
  mkdirSync(hotkeys, { recursive: true });
  writeFileSync(join(hotkeys, "default"), content, { mode: 0o600 });
  return { kind: "bittensor", path: join(folder, "wallets"), name: "validator", hotkey: "default" };
}

const fromMnemonic = (text: string): Promise<Signer> => openSigner({ kind: "mnemonic-file", file: write(text) });
const fromSeed = (text: string): Promise<Signer> => openSigner({ kind: "seed-file", file: write(text) });

async function verifies(signer: Signer): Promise<boolean> {
  const wasm = await wasmCrypto();
  const message = Buffer.from(sealMessage(DIGEST));
  const signature = Buffer.from(signer.sign({ kind: "seal", digest: DIGEST }).slice(2), "hex");
  const publicKey = Buffer.from(signer.publicKey.slice(2), "hex");
  return signer.cryptoType === "sr25519"
    ? wasm.sr25519Verify(signature, message, publicKey)
    : wasm.ed25519Verify(signature, message, publicKey);
}

interface Read {
  readonly ss58?: string;
  readonly crypto_type?: number;
  readonly can_sign?: boolean | string;
  readonly error?: string;
}

/** What the newer of the two Python readers makes of a file. */
function readerOf(read: object): Read {
  const { both, bittensor_core } = read as { both?: Read; bittensor_core?: Read };
  return both ?? bittensor_core ?? {};
}

describe("hotkey files that the Python tools wrote", () => {
  test.each(keyfiles.plain)("$name opens to its address and signs", async ({ file_base64, read }) => {
    const wanted = readerOf(read);
    const signer = await openSigner(walletOf(Buffer.from(file_base64, "base64"))).catch((error: unknown) => error);
    if (wanted.error !== undefined) {
      expect(signer).toMatchObject({ exit: "key" });
      return;
    }
    expect(signer).toMatchObject({
      hotkey: wanted.ss58,
      cryptoType: wanted.crypto_type === 1 ? "sr25519" : "ed25519",
    });
    expect(await verifies(signer as Signer)).toBe(true);
  });

  test.each(keyfiles.encrypted)("$name without its password is refused by name", async ({ form, file_base64 }) => {
    const name = { n: "NaCl", a: "Ansible Vault", f: "Fernet" }[form.charAt(0)];
    await expect(openSigner(walletOf(Buffer.from(file_base64, "base64")))).rejects.toMatchObject({
      exit: "key",
      message: expect.stringContaining(`encrypted (${name}) and there is no password`),
    });
  });

  test.each(keyfiles.odd_and_negative)("$name ends as in the newer Python reader", async ({ file_base64, read }) => {
    const wanted = readerOf(read);
    const result = await openSigner(walletOf(Buffer.from(file_base64, "base64"))).catch((error: unknown) => error);
    if (wanted.can_sign === true) expect(result).toMatchObject({ hotkey: wanted.ss58 });
    else expect(result).toMatchObject({ name: "ValidatorError", exit: "key" });
  });

  test.each(
    keyfiles.crypto_type_matrix.map((entry) => ({
      name: `${entry.secret_field} ${entry.cryptoType} ${entry.ss58Address_of}`,
      ...entry,
    })),
  )("curve of $name", async ({ secret_field, file_base64, bittensor_core }) => {
    const result = await openSigner(walletOf(Buffer.from(file_base64, "base64"))).catch((error: unknown) => error);
    const wanted = bittensor_core as Read;
    if (secret_field === null || wanted.error !== undefined) expect(result).toMatchObject({ exit: "key" });
    else {
      expect(result).toMatchObject({
        hotkey: wanted.ss58,
        cryptoType: wanted.crypto_type === 1 ? "sr25519" : "ed25519",
      });
    }
  });

  test.each(keyfiles.public_only)("$name is told from a hotkey", async ({ file_base64 }) => {
    await expect(openSigner(walletOf(Buffer.from(file_base64, "base64")))).rejects.toThrow(/public key only/);
  });
});

describe("a mnemonic file", () => {
  // White space at the ends of a file is no part of a password.
  test.each(sr25519.mnemonics.filter(({ password }) => password.trim() === password))(
    "$mnemonic",
    async ({ mnemonic, password, ss58 }) => {
      const signer = await fromMnemonic(password === "" ? `${mnemonic}\n` : `${mnemonic}///${password}\n`);
      expect(signer.hotkey).toBe(ss58);
      expect(await verifies(signer)).toBe(true);
    },
  );

  test.each(sr25519.uris.filter(({ uri }) => uri !== ""))("of the secret URI $uri", async ({ uri, ss58 }) => {
    const signer = await fromMnemonic(uri);
    expect(signer.hotkey).toBe(ss58);
    expect(signer.wellKnown).toBe(/^\//.test(uri));
    expect(await verifies(signer)).toBe(true);
  });

  test.each(
    sr25519.uris_bad_or_odd.filter((vector) => "error" in vector.bittensor_core && vector.uri.trim() === vector.uri),
  )("of $uri is refused", async ({ uri }) => {
    await expect(fromMnemonic(uri)).rejects.toMatchObject({ name: "ValidatorError", exit: "key" });
  });

  test("may be broken into lines", async () => {
    const [first] = sr25519.mnemonics;
    expect((await fromMnemonic(` ${first?.mnemonic.replaceAll(" ", "\n\t")}\r\n`)).hotkey).toBe(first?.ss58);
  });

  test.each([
    ["eleven words", "abandon ".repeat(11), "this one has 11"],
    ["a misspelt word", `${"abandon ".repeat(11)}abuot`, "not a valid mnemonic"],
    ["a wrong checksum", "abandon ".repeat(12), "not a valid mnemonic"],
    ["white space", " \n\t ", "only white space"],
    ["bytes", Buffer.from([0xff, 0xfe, 0x00, 0x01]), "neither a mnemonic"],
  ])("with %s says what is wrong", async (_name, content, sentence) => {
    const file = write(content);
    await expect(openSigner({ kind: "mnemonic-file", file })).rejects.toMatchObject({
      exit: "key",
      message: expect.stringContaining(sentence),
    });
  });
});

describe("a seed file", () => {
  const [vector] = sr25519.mnemonics;

  test("with or without 0x, in either case", async () => {
    for (const text of [vector?.mini_secret, `0x${vector?.mini_secret}\n`, vector?.mini_secret.toUpperCase()]) {
      expect((await fromSeed(text ?? "")).hotkey).toBe(vector?.ss58);
    }
  });

  test.each(["0x", "00".repeat(31), "00".repeat(33), "zz".repeat(32), "0x0x"])("%s is refused", async (text) => {
    await expect(fromSeed(text)).rejects.toMatchObject({ exit: "key" });
  });
});

describe("a transaction", () => {
  test.each([256, 257, 600])(
    "of %i bytes is signed as Substrate does: above 256 by its BLAKE2b-256",
    async (length) => {
      const genesis = "c3".repeat(32);
      const payload = new Uint8Array(length).fill(7);
      payload.set(Buffer.from(genesis, "hex"), 100);
      const signer = await fromSeed("01".repeat(32));
      const signature = signer.sign({ kind: "extrinsic", payload, genesis: `0x${genesis}` });
      const signed = length > 256 ? blake2b(payload, { dkLen: 32 }) : payload;
      const wasm = await wasmCrypto();
      const key = Buffer.from(signer.publicKey.slice(2), "hex");
      expect(wasm.sr25519Verify(Buffer.from(signature.slice(2), "hex"), signed, key)).toBe(true);
    },
  );
});

describe("well-known keys", () => {
  const development = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";

  test.each(["//Alice", "//Bob//stash", "//anything", development, `${development}//x`, "/Alice"])(
    "%s",
    async (uri) => {
      expect((await fromMnemonic(uri)).wellKnown).toBe(true);
    },
  );

  test("are known in every other form too", async () => {
    for (const { name, file_base64 } of keyfiles.plain.filter(({ name: form }) => /uri-[012]/.test(form))) {
      expect([name, (await openSigner(walletOf(Buffer.from(file_base64, "base64")))).wellKnown]).toEqual([name, true]);
    }
    const alice = "e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";
    expect((await fromSeed(alice)).wellKnown).toBe(true);
  });

  test("an own key is none", async () => {
    expect((await fromSeed("01".repeat(32))).wellKnown).toBe(false);
  });
});

describe("the key file itself", () => {
  test.each([0o644, 0o640, 0o606, 0o660])("with mode %o is refused with the command that repairs it", async (mode) => {
    const file = write("01".repeat(32), mode);
    await expect(openSigner({ kind: "seed-file", file })).rejects.toMatchObject({
      exit: "key",
      remedy: `Run: chmod 600 '${file}'`,
    });
  });

  test("is judged by what a link leads to", async () => {
    const file = write("01".repeat(32), 0o644);
    const link = join(folder, "link");
    symlinkSync(file, link);
    await expect(openSigner({ kind: "seed-file", file: link })).rejects.toMatchObject({ exit: "key" });
    chmodSync(file, 0o400);
    expect((await openSigner({ kind: "seed-file", file: link })).cryptoType).toBe("sr25519");
  });

  test.each([
    ["missing", "absent", /no key file/],
    ["below a file", "secret/below", /no key file/],
    ["a folder", ".", /not a file/],
  ])("%s", async (_name, name, sentence) => {
    write("01".repeat(32));
    const file = join(folder, name);
    await expect(openSigner({ kind: "seed-file", file })).rejects.toMatchObject({
      exit: "key",
      message: expect.stringMatching(sentence),
    });
  });

  test("empty", async () => {
    await expect(fromSeed("")).rejects.toThrow(/is empty/);
  });
});

describe("the secret stays where it is", () => {
  const seed = "c0ffee".padEnd(64, "1");
  const phrase = sr25519.mnemonics[0]?.mnemonic ?? "";

  test("no way of printing a signer shows it", async () => {
    const signer = await fromSeed(seed);
    const wasm = await wasmCrypto();
    const expanded = Buffer.from(wasm.sr25519KeypairFromSeed(Buffer.from(seed, "hex")).subarray(0, 32));
    const shown = [
      inspect(signer, { showHidden: true, depth: 10, getters: true }),
      JSON.stringify(signer),
      ...Object.values(signer).map(String),
      JSON.stringify(Object.getOwnPropertyDescriptors(signer)),
    ].join("\n");
    expect(shown).toContain(signer.hotkey);
    for (const secret of [seed, seed.slice(0, 12), expanded.toString("hex"), expanded.join(", ")]) {
      expect(shown).not.toContain(secret);
    }
  });

  test("no error quotes it", async () => {
    const damaged = [
      () => fromMnemonic(`${phrase} ${phrase.split(" ")[0]}`),
      () => fromMnemonic(phrase.toUpperCase()),
      () => fromSeed(`${seed}1`),
      () => openSigner(walletOf(Buffer.from(`{"secretSeed":"0x${seed}",`))),
      () => openSigner(walletOf(Buffer.from(`{"secretSeed":"0x${seed}","secretPhrase":"${phrase} x"}`))),
    ];
    for (const attempt of damaged) {
      const error = await attempt().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ exit: "key" });
      const shown = inspect(error, { showHidden: true, depth: 10 });
      expect(shown).not.toContain(seed.slice(0, 12));
      expect(shown.toLowerCase()).not.toContain(phrase.split(" ").slice(0, 2).join(" "));
    }
  });
});
