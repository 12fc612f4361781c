import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Derivation, deriveKey } from "../../../src/adapters/wallet/derive-key.ts";
import { decryptKeyfile, envelopeFormat } from "../../../src/adapters/wallet/envelope.ts";
import { isProblem, type KeyPair, type KeyProblem } from "../../../src/adapters/wallet/key-pair.ts";
import { readKeyfile } from "../../../src/adapters/wallet/keyfile.ts";
import type { PasswordSources } from "../../../src/adapters/wallet/password.ts";
import { hiddenPassword, passwordVariable } from "../../../src/adapters/wallet/password-variable.ts";
import { parsePublicFile } from "../../../src/adapters/wallet/public-file.ts";
import { openHotkey, openSigner } from "../../../src/adapters/wallet/wallet.ts";
import { wasmCrypto } from "../../../src/adapters/wallet/wasm-crypto.ts";
import type { WalletConfig } from "../../../src/core/model/config.ts";
import { encodeSs58 } from "../../../src/core/signing/ss58.ts";
import keyfiles from "../../vectors/keyfiles.json" with { type: "json" };

/**
 * Argon2 takes a second or more and half a gigabyte, Fernet's ten million rounds much the same. Every password is derived
 * once, by the real function, and serves all files of it.
 */
const derived = new Map<string, ReturnType<typeof deriveKey>>();
let queue: Promise<unknown> = Promise.resolve();
function deriveOnce(derivation: Derivation, password: string): ReturnType<typeof deriveKey> {
  const salt = "salt" in derivation ? Buffer.from(derivation.salt).toString("hex") : "";
  const name = `${derivation.kind} ${salt} ${password}`;
  const key = derived.get(name) ?? queue.then(() => deriveKey(derivation, password));
  queue = key;
  derived.set(name, key);
  return key;
}

const bytesOf = (text: string): Uint8Array => Buffer.from(text, "base64");

async function openWith(bytes: Uint8Array, password: string, derive = deriveOnce): Promise<KeyPair | KeyProblem> {
  const format = envelopeFormat(bytes);
  const plain = format === undefined ? bytes : await decryptKeyfile(format, bytes, password, derive);
  return isProblem(plain) ? plain : readKeyfile(await wasmCrypto(), plain);
}

interface Read {
  readonly ss58?: string;
  readonly crypto_type?: number;
  readonly can_sign?: boolean | string;
}

/** What the newer of the two Python readers makes of a file. */
function readerOf(read: object): Read {
  const { both, bittensor_core } = read as { both?: Read; bittensor_core?: Read };
  return both ?? bittensor_core ?? {};
}

const vector = (name: string): { readonly file: Uint8Array; readonly password: string; readonly ss58: string } => {
  const entry = keyfiles.encrypted.find((candidate) => candidate.name === name);
  if (entry === undefined) throw new Error(`no vector ${name}`);
  return { file: bytesOf(entry.file_base64), password: entry.password, ss58: readerOf(entry.read).ss58 ?? "" };
};

describe("encrypted keyfiles of the Python wallets and of independent libraries", () => {
  test.each(keyfiles.encrypted)("$name opens to its plaintext and address", async (entry) => {
    const bytes = bytesOf(entry.file_base64);
    const wanted = readerOf(entry.read);
    const pair = await openWith(bytes, entry.password);
    if (wanted.ss58 === undefined) {
      expect(pair).toMatchObject({ problem: expect.stringContaining("damaged") });
      return;
    }
    const format = envelopeFormat(bytes);
    expect(format).toBe(entry.form.replace("-vault", ""));
    const plain = await decryptKeyfile(format ?? "nacl", bytes, entry.password, deriveOnce);
    expect(Buffer.from(plain as Uint8Array)).toEqual(bytesOf(entry.plaintext_base64));
    const { publicKey, cryptoType } = pair as KeyPair;
    expect(encodeSs58(publicKey)).toBe(wanted.ss58);
    expect(cryptoType).toBe(wanted.crypto_type === 1 ? "sr25519" : "ed25519");
  });

  test.each(keyfiles.odd_and_negative.filter(({ password }) => typeof password === "string"))(
    "$name ends as in the newer Python reader",
    async ({ file_base64, password, read }) => {
      const result = await openWith(bytesOf(file_base64), password ?? "");
      expect(isProblem(result)).toBe(readerOf(read).can_sign !== true);
    },
  );

  test.each(keyfiles.nacl.key_vectors)("Argon2i of a password gives the key of libsodium: $key_hex", async (entry) => {
    const key = await deriveOnce({ kind: "argon2i" }, entry.password);
    expect(Buffer.from(key as Uint8Array).toString("hex")).toBe(entry.key_hex);
  });

  test.each(keyfiles.fernet.key_vectors)("the key of Fernet: $key_base64url", async (entry) => {
    const salt = Buffer.from(keyfiles.fernet.salt_utf8);
    const key = await deriveOnce({ kind: "pbkdf2", salt, rounds: 10_000_000, bytes: 32 }, entry.password);
    expect(Buffer.from(key as Uint8Array).toString("base64url")).toBe(entry.key_base64url.replace("=", ""));
  });

  test("a file cut short is told from a wrong password without the slow step", async () => {
    const never = (): never => {
      throw new Error("derived");
    };
    for (const name of ["nacl prefix only", "nacl prefix with 10 bytes", "fernet prefix only", "ansible header only"]) {
      const entry = keyfiles.odd_and_negative.find((candidate) => candidate.name === name);
      const result = await openWith(bytesOf(entry?.file_base64 ?? ""), "x", never);
      expect([name, result]).toEqual([
        name,
        expect.objectContaining({ problem: expect.stringMatching(/^the file is damaged/) }),
      ]);
    }
  });
});

describe("damage", () => {
  test.each(["bw-nacl-ascii", "bw-ansible-ascii", "own-fernet-ascii"])(
    "anywhere in %s is refused, never thrown, and never opens another key",
    async (name) => {
      const { file, password } = vector(name);
      const own = (await openWith(file, password)) as KeyPair;
      const byte = fc.tuple(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }));
      let refused = 0;
      await fc.assert(
        fc.asyncProperty(byte, async ([at, mask]) => {
          const bytes = Uint8Array.from(file);
          bytes[at] = (bytes[at] ?? 0) ^ mask;
          const opened = await openWith(bytes, password);
          if (isProblem(opened)) refused += 1;
          // Case and line ends of hexadecimal, and spare bits of base64, carry nothing: then it is the same key.
          else expect(opened.publicKey).toEqual(own.publicKey);
        }),
        { numRuns: 150 },
      );
      expect(refused).toBeGreaterThan(100);
    },
  );

  test("any bytes behind a prefix are refused and never thrown", async () => {
    const prefix = fc.constantFrom("$NACL", "$ANSIBLE_VAULT;1.1;AES256\n", "gAAAAA");
    const rest = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.base64String({ maxLength: 200 }).map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(prefix, rest, async (start, tail) => {
        const bytes = Buffer.concat([Buffer.from(start), tail]);
        const zero = (derivation: Derivation): Promise<Uint8Array> =>
          Promise.resolve(new Uint8Array("bytes" in derivation ? derivation.bytes : 32));
        expect(isProblem(await openWith(bytes, "x", zero))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe("the password variable of the ecosystem", () => {
  test.each(keyfiles.environment.vectors)("of $keyfile_path", ({ keyfile_path, password, bittensor_core }) => {
    expect(passwordVariable(keyfile_path)).toBe(bittensor_core.env_var_name);
    expect(hiddenPassword(bittensor_core.env_var_name, bittensor_core.env_value)).toBe(password);
  });

  test.each(keyfiles.environment.reader_cases)("$case", ({ env_var_name, env_value, bittensor_core }) => {
    const result = hiddenPassword(env_var_name, env_value ?? undefined);
    if ("error" in bittensor_core) {
      expect(result).toMatchObject({ problem: expect.stringContaining(env_var_name) });
      expect(inspect(result)).not.toContain(env_value);
    } else expect(result).toBeUndefined();
  });

  test("anything in it is a password, a problem or nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary", minLength: 1 }), (value, name) => {
        const result = hiddenPassword(name, value);
        expect(["string", "object", "undefined"]).toContain(typeof result);
      }),
    );
  });
});

describe("the pub.txt beside a keyfile", () => {
  test.each(keyfiles.public_only)("$name gives address and curve", ({ file_base64, read }) => {
    const wanted = readerOf(read);
    expect(parsePublicFile(Buffer.from(file_base64, "base64").toString("utf8"))).toMatchObject({
      hotkey: wanted.ss58,
      cryptoType: wanted.crypto_type === 0 ? "ed25519" : "sr25519",
    });
  });

  test("holding anything else gives nothing, and nothing is thrown", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => parsePublicFile(text) === undefined));
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.jsonValue(), (ss58Address, cryptoType) => {
        return parsePublicFile(JSON.stringify({ ss58Address, cryptoType })) === undefined;
      }),
    );
  });
});

describe("where the password comes from", () => {
  const { file, password, ss58 } = vector("bw-ansible-ascii");
  let folder: string;
  let keyfile: string;
  let wallet: WalletConfig & { readonly kind: "bittensor" };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "touchstone-locked-"));
    wallet = { kind: "bittensor", path: folder, name: "w", hotkey: "h" };
    mkdirSync(join(folder, "w", "hotkeys"), { recursive: true });
    keyfile = join(folder, "w", "hotkeys", "h");
    writeFileSync(keyfile, file, { mode: 0o600 });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const passwordFile = (content: string | Uint8Array, mode = 0o600): string => {
    const path = join(folder, "password");
    rmSync(path, { force: true });
    writeFileSync(path, content, { mode });
    chmodSync(path, mode);
    return path;
  };
  const variable = (): Record<string, string> => {
    const name = passwordVariable(keyfile);
    const mask = Buffer.from(name);
    return { [name]: Buffer.from(Buffer.from(password).map((byte, at) => byte ^ (mask[at] ?? 0))).toString("base64") };
  };
  const opened = async (sources: Partial<PasswordSources>, more: { passwordFile?: string } = {}): Promise<string> =>
    (await openSigner({ ...wallet, ...more }, { env: {}, ...sources })).hotkey;

  test("the configuration's file, with or without a line end", async () => {
    for (const end of ["", "\n", "\r\n"]) {
      expect(await opened({}, { passwordFile: passwordFile(`${password}${end}`) })).toBe(ss58);
    }
    await expect(opened({}, { passwordFile: passwordFile(`${password} \n`) })).rejects.toThrow(/password is wrong/);
  });

  test("the flag's file before the configuration's, files before the variable, the variable before a person", async () => {
    const right = passwordFile(password);
    expect(await opened({ file: right }, { passwordFile: join(folder, "absent") })).toBe(ss58);
    expect(await opened({ file: right, env: { [passwordVariable(keyfile)]: "***" } })).toBe(ss58);
    const nobody = (): never => {
      throw new Error("asked");
    };
    expect(await opened({ env: variable(), ask: nobody })).toBe(ss58);
    expect(await opened({ ask: () => Promise.resolve(password) })).toBe(ss58);
  });

  test("from nowhere: locked, and a sentence with exit 65", async () => {
    for (const ask of [undefined, () => Promise.resolve(""), () => Promise.resolve(undefined)]) {
      const sources = { env: { BT_WALLET_PASSWORD: password }, ...(ask === undefined ? {} : { ask }) };
      expect(await openHotkey(wallet, sources)).toMatchObject({ format: "ansible", encrypted: true, signer: null });
      await expect(openSigner(wallet, sources)).rejects.toMatchObject({
        exit: "key",
        message: `The hotkey in ${keyfile} cannot be used: it is encrypted (Ansible Vault) and there is no password.`,
      });
    }
  });

  test.each([
    ["open to others", "pw", 0o644, /Others may read .*password \(mode 0644\)/],
    ["with nothing but a line end", "\n", 0o600, /holds no password/],
    ["of other bytes", Buffer.from([0xff, 0xfe]), 0o600, /not UTF-8/],
  ])("a password file %s is refused", async (_name, content, mode, sentence) => {
    await expect(opened({ file: passwordFile(content, mode) })).rejects.toMatchObject({
      exit: "key",
      message: expect.stringMatching(sentence),
    });
  });

  test("a password file that is missing, and a plain password in the variable, are refused", async () => {
    await expect(opened({ file: join(folder, "absent") })).rejects.toThrow(/There is no password file/);
    const plain = opened({ env: { [passwordVariable(keyfile)]: password } });
    await expect(plain).rejects.toMatchObject({ exit: "key", message: expect.stringContaining("it is not base64") });
  });

  test("no error and no printing shows the password or the key", async () => {
    const secrets = [password, password.slice(0, 9), vectorSecret()];
    const signer = await openSigner(wallet, { env: variable() });
    const errors = await Promise.all(
      [
        { env: { [passwordVariable(keyfile)]: password } },
        { env: {}, ask: (): Promise<string> => Promise.resolve(`${password}!`) },
        { env: {}, file: passwordFile(`${password}!`) },
      ].map((sources) => openSigner(wallet, sources).catch((error: unknown) => error)),
    );
    for (const value of [signer, ...errors]) {
      const shown = inspect(value, { showHidden: true, depth: 10, getters: true }) + JSON.stringify(value);
      for (const secret of secrets) expect(shown).not.toContain(secret);
    }
  });

  function vectorSecret(): string {
    const plain = keyfiles.encrypted.find(({ name }) => name === "bw-ansible-ascii")?.plaintext_base64 ?? "";
    const fields = JSON.parse(Buffer.from(plain, "base64").toString("utf8")) as { readonly privateKey: string };
    return fields.privateKey.slice(2, 20);
  }
});
