import { readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cryptoReady, isMnemonic } from "../../src/localnet/chutes/sr25519.ts";
import { localSeed } from "../../src/localnet/population.ts";
import {
  keyFromMnemonic,
  keyfileFields,
  makeValidatorKey,
  writeSecret,
  writeWalletFolder,
} from "../../src/localnet/wallet-folder.ts";

interface KeyFile {
  readonly name: string;
  readonly mnemonic: string;
  readonly text: string;
}
const { files } = JSON.parse(readFileSync("test/vectors/localnet-keyfiles.json", "utf8")) as { files: KeyFile[] };

let dir = "";
beforeEach(async () => {
  await cryptoReady();
  dir = await mkdtemp(join(tmpdir(), "touchstone-wallet-"));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

describe("the wallet folder", () => {
  test.each(files.filter((file) => JSON.parse(file.text).cryptoType === 1))("has the fields of $name", (file) => {
    expect(keyfileFields(keyFromMnemonic(file.mnemonic))).toEqual(JSON.parse(file.text));
  });

  test("is laid out as the Python tools do it, for its owner alone and without a coldkey", async () => {
    const seed = localSeed(1);
    const key = makeValidatorKey(seed);
    const root = await writeWalletFolder(join(dir, "wallets"), seed, key);
    expect((await readdir(join(root, "validator"), { recursive: true })).toSorted()).toEqual([
      "coldkeypub.txt",
      "hotkeys",
      "hotkeys/default",
      "hotkeys/defaultpub.txt",
    ]);
    const path = join(root, "validator", "hotkeys", "default");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const fields = JSON.parse(await readFile(path, "utf8"));
    expect(Object.keys(fields)).toHaveLength(7);
    expect(fields.ss58Address).toBe(key.hotkey);
    const cold = JSON.parse(await readFile(join(root, "validator", "coldkeypub.txt"), "utf8"));
    expect(cold.ss58Address).not.toBe(key.hotkey);
    expect(cold).not.toHaveProperty("secretSeed");
  });

  test("the phrase is valid and follows the seed", () => {
    const phrases = Array.from({ length: 20 }, (_, seed) => makeValidatorKey(localSeed(seed)).mnemonic);
    expect(phrases.every(isMnemonic)).toBe(true);
    expect(new Set(phrases).size).toBe(20);
    expect(makeValidatorKey(localSeed(3)).mnemonic).toBe(phrases[3]);
  });

  test("a secret is closed to others also where an open file stood", async () => {
    const path = join(dir, "secret");
    await writeFile(path, "old", { mode: 0o644 });
    await writeSecret(path, "new");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });
});
