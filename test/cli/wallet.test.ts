import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ErrorShape, WalletShape } from "../../src/cli/machine-types.ts";
import { SHAPES } from "../../src/cli/shapes.ts";
import keyfiles from "../vectors/keyfiles.json" with { type: "json" };

const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;
const [PUBLIC] = keyfiles.public_only;
const hasScript = spawnSync("script", ["--version"]).status === 0;

let folder: string;
let keyfile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "touchstone-wallet-show-"));
  keyfile = join(folder, "w", "hotkeys", "h");
  mkdirSync(join(folder, "w", "hotkeys"), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Puts a vector in the wallet's place; its password and address. */
function place(name: string): { readonly password: string; readonly ss58: string } {
  const entry = [...keyfiles.encrypted, ...keyfiles.plain].find((candidate) => candidate.name === name);
  if (entry === undefined) throw new Error(`no vector ${name}`);
  writeFileSync(keyfile, Buffer.from(entry.file_base64, "base64"), { mode: 0o600 });
  const { both } = entry.read as { readonly both: { readonly ss58: string } };
  return { password: "password" in entry ? entry.password : "", ss58: both.ss58 };
}

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
  return join(folder, name);
}

interface Answer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly document: WalletShape & ErrorShape;
}

const WALLET = (): readonly string[] => ["--wallet-path", folder, "--wallet", "w", "--wallet-hotkey", "h"];

function show(...args: readonly string[]): Answer {
  const env = { PATH: process.env["PATH"], HOME: folder };
  const all = [MAIN, "wallet", "show", ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, {
    encoding: "utf8",
    input: "",
    env,
    cwd: folder,
  });
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  return {
    code: status,
    stdout,
    stderr,
    document: (last.startsWith("{") ? JSON.parse(last) : {}) as Answer["document"],
  };
}

describe("wallet show", () => {
  test("of a plain hotkey, without a configuration", () => {
    const { ss58 } = place("bw-mnemonic-12");
    const { code, document } = show(...WALLET(), "--json");
    expect(code).toBe(0);
    expect(SHAPES["wallet"]?.parse(document)).toEqual({
      ss58,
      publicKey: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      cryptoType: "sr25519",
      format: "plain",
      encrypted: false,
      path: keyfile,
    });
  });

  test("of a NaCl hotkey by its configuration and password file, with a word on stderr that it takes a while", () => {
    const { password, ss58 } = place("bc-nacl-ed25519");
    file("password", `${password}\n`);
    const wallet = "wallet: { path: ., name: w, hotkey: h, passwordFile: ./password }";
    const config = file("touchstone.yaml", `netuid: 2\njudge: { model: a/b }\n${wallet}\n`);
    const { code, document, stdout, stderr } = show("--config", config, "--json");
    expect(code).toBe(0);
    expect(document).toMatchObject({ ss58, cryptoType: "ed25519", format: "nacl", encrypted: true });
    expect(document).not.toHaveProperty("addressFrom");
    expect(stderr).toMatch(/Opening the encrypted hotkey \(NaCl\)/);
    expect(stdout + stderr).not.toContain(password);
  });

  test("of a locked hotkey says what its pub.txt claims, and that it is a claim", () => {
    place("bw-ansible-ascii");
    writeFileSync(`${keyfile}pub.txt`, Buffer.from(PUBLIC?.file_base64 ?? "", "base64"));
    const { code, document } = show(...WALLET(), "--json");
    expect(code).toBe(0);
    expect(SHAPES["wallet"]?.parse(document)).toMatchObject({
      ss58: "5HHJgsPTCUyyrTJ7BtARhGCx91ggo2ptPCVHMvbYTvQ6ESrg",
      format: "ansible",
      encrypted: true,
      addressFrom: "public-file",
    });
    expect(show(...WALLET()).stdout).toContain(`No password, so the address is what ${keyfile}pub.txt says`);
  });

  test.each([
    ["no pub.txt", undefined],
    ["a damaged one", '{"ss58Address":'],
    ["one with another text", '{"ss58Address":"5HHJ"}'],
    ["one that is no object", "null"],
  ])("of a locked hotkey with %s is exit 65", (_name, content) => {
    place("bw-nacl-ascii");
    if (content !== undefined) writeFileSync(`${keyfile}pub.txt`, content);
    const { code, document } = show(...WALLET(), "--json");
    expect(code).toBe(65);
    expect(document.error).toMatchObject({ code: "key-unusable", blame: "validator" });
    expect(document.error.message).toContain("it is encrypted (NaCl) and there is no password");
  });

  test("with a wrong password is exit 65 even where a pub.txt is", () => {
    const { password } = place("bw-ansible-ascii");
    writeFileSync(`${keyfile}pub.txt`, Buffer.from(PUBLIC?.file_base64 ?? "", "base64"));
    const wrong = file("password", `${password}x`);
    const { code, document, stdout, stderr } = show(...WALLET(), "--password-file", wrong, "--json");
    expect(code).toBe(65);
    expect(document.error.message).toMatch(/the password is wrong, or the encrypted file \(Ansible Vault\) is damaged/);
    expect(stdout + stderr).not.toContain(password);
  });

  test("of a development key says that it is for a localnet only", () => {
    const config = file(
      "c.yaml",
      `netuid: 2\njudge: { model: a/b }\nwallet: { mnemonicFile: ${file("m", "//Alice")} }\n`,
    );
    const { code, stdout } = show("--config", config);
    expect(code).toBe(0);
    expect(stdout).toContain("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
    expect(stdout).toMatch(/\(mnemonic, not encrypted\)[\s\S]*on a localnet only/);
  });

  test("without a wallet anywhere is exit 64", () => {
    const none = file("c.yaml", "netuid: 2\njudge: { model: a/b }\n");
    expect(show("--config", none, "--json").document.error.code).toBe("wallet-missing");
    expect(show("--json").code).toBe(64);
  });

  test.skipIf(!hasScript)("asks for the password on a terminal and does not show it (needs script)", async () => {
    const { password, ss58 } = place("bw-ansible-spaces");
    const command = [process.execPath, MAIN, "wallet", "show", ...WALLET()].map((part) => `'${part}'`).join(" ");
    const child = spawn("script", ["-qfec", command, "/dev/null"], {
      env: { PATH: process.env["PATH"], HOME: folder },
      cwd: folder,
    });
    let shown = "";
    child.stdout.on("data", (chunk: Buffer) => {
      if (!shown.includes("not shown") && chunk.includes("not shown")) child.stdin.write(`${password}\r`);
      shown += chunk.toString();
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect([code, shown]).toEqual([0, expect.stringContaining(ss58)]);
    expect(shown).not.toContain(password.trim());
  });
});
