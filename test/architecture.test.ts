import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

/**
 * The table of floors (DESIGN §3): what each floor may import from the project, and which packages. `adapters` and
 * `localnet` are split by room. Every exception names one file and one package; its reason stands beside it.
 */
interface Rule {
  readonly floors: readonly string[];
  readonly packages: RegExp;
}

const NODE = "node:[a-z0-9/]+";
const RULES: Readonly<Record<string, Rule>> = {
  core: { floors: ["core"], packages: /^@noble\/(curves\/|hashes\/|ciphers\/aes\.js$)/ },
  ports: { floors: ["core", "ports"], packages: /^$/ },
  application: { floors: ["core", "ports", "application"], packages: /^p-limit$/ },
  packs: { floors: ["core", "packs"], packages: /^$/ },
  "adapters/chain": {
    floors: ["core", "ports", "adapters/chain"],
    // ws: the platform's WebSocket hides the status of a refused handshake, which is how gateways state their policy.
    packages: new RegExp(`^(${NODE}|zod|ws|@polkadot/api.*)$`),
  },
  "adapters/chutes": { floors: ["core", "ports", "adapters/chutes"], packages: new RegExp(`^(${NODE}|zod|undici)$`) },
  "adapters/journal": { floors: ["core", "ports", "adapters/journal"], packages: new RegExp(`^(${NODE}|zod)$`) },
  "adapters/wallet": {
    floors: ["core", "ports", "adapters/wallet"],
    // Encrypted keyfiles: XSalsa20-Poly1305 is in neither node:crypto nor wasm-crypto. Their Argon2 is Node's own.
    packages: new RegExp(`^(${NODE}|zod|@polkadot/(keyring|util-crypto|wasm-crypto).*|@noble/ciphers/salsa\\.js)$`),
  },
  "adapters/system": {
    floors: ["core", "ports", "adapters/system"],
    packages: new RegExp(`^(${NODE}|zod|yaml|pino|prom-client)$`),
  },
  localnet: {
    floors: ["core", "ports", "localnet"],
    packages: new RegExp(`^(${NODE}|ws|@polkadot-api/substrate-bindings|@noble/hashes/.*|@polkadot/wasm-crypto)$`),
  },
  cli: {
    floors: ["core", "ports", "application", "packs", "adapters", "localnet", "cli"],
    packages: new RegExp(`^(${NODE}|zod|commander)$`),
  },
};

const EXCEPTIONS = new Set([
  // SHA-256 is needed everywhere and the platform's is the fastest and best tested.
  "src/core/determinism/digest.ts node:crypto",
  // The entry: everything else hangs below cli.
  "src/main.ts ./cli/program.ts",
  // The entry switches the compile cache on, before any other module.
  "src/main.ts node:module",
  "src/main.ts node:path",
  // Name and version stand in one place only.
  "src/cli/version.ts ../../package.json",
]);

/** Statements and calls only: the word "from" in a sentence is no import. */
const IMPORT =
  /^\s*(?:import|export)\s[^"';]*?\bfrom\s*["']([^"']+)["']|^\s*import\s*["']([^"']+)["']|\b(?:import|require)\(\s*["']([^"']+)["']\s*\)/gm;

function floorOf(path: string): string | undefined {
  const [, first = "", second = ""] = path.split("/");
  const room = `${first}/${second}`;
  if (room in RULES) return room;
  return first in RULES ? first : undefined;
}

function allows(rule: Rule, floor: string): boolean {
  return rule.floors.some((allowed) => floor === allowed || floor.startsWith(`${allowed}/`));
}

/** Every import that a file may not have, as `file -> specifier`. Exported shape of the test: pure over its text. */
function violations(file: string, text: string): string[] {
  const rule = RULES[floorOf(file) ?? ""];
  const found: string[] = [];
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  for (const [, from, effect, call] of code.matchAll(IMPORT)) {
    const specifier = from ?? effect ?? call ?? "";
    if (EXCEPTIONS.has(`${file} ${specifier}`)) continue;
    const target = specifier.startsWith(".") ? floorOf(join(dirname(file), specifier)) : undefined;
    const allowed =
      rule !== undefined &&
      (specifier.startsWith(".") ? target !== undefined && allows(rule, target) : rule.packages.test(specifier));
    if (!allowed) found.push(`${file} -> ${specifier}`);
  }
  if (/^src\/(core|application|packs)\//.test(file)) {
    if (/\bnew Date\(\s*\)/.test(code)) found.push(`${file} -> new Date()`);
    if (/\*\*/.test(code.replaceAll(/"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/g, ""))) found.push(`${file} -> **`);
    if (/\.localeCompare|toLocale/.test(code)) found.push(`${file} -> locale`);
  }
  for (const [line] of code.matchAll(/^import(?! type)[^;]*?["']@polkadot\/[^"']+["']/gm))
    found.push(`${file} -> ${line}`);
  return found;
}

const SOURCES = globSync("src/**/*.ts");

describe("the floors hold", () => {
  test.each(SOURCES)("%s imports only what its floor may", (file) => {
    expect(violations(file, readFileSync(file, "utf8"))).toEqual([]);
  });

  test.each(SOURCES)("%s stays below 250 lines", (file) => {
    expect(readFileSync(file, "utf8").split("\n").length).toBeLessThanOrEqual(251);
  });

  test("no folder is called utils and no file is a barrel", () => {
    expect(SOURCES.filter((file) => /\/(utils?|helpers?|common|index)(\/|\.ts$)/.test(file))).toEqual([]);
  });
});

describe("every rule was seen failing", () => {
  test.each([
    ["a type import upwards", "src/core/model/x.ts", 'import type { A } from "../../ports/clock.ts";'],
    ["a side-effect import", "src/ports/x.ts", 'import "../adapters/chain/connection.ts";'],
    ["a dynamic import", "src/application/x.ts", 'const a = await import("../adapters/chutes/http.ts");'],
    ["a re-export", "src/packs/general/x.ts", 'export { a } from "../../ports/clock.ts";'],
    ["a multi-line import", "src/application/x.ts", 'import {\n  a,\n} from "../localnet/x.ts";'],
    ["application into adapters", "src/application/x.ts", 'import { a } from "../adapters/journal/sqlite.ts";'],
    ["one adapter into another", "src/adapters/chain/x.ts", 'import { a } from "../chutes/http.ts";'],
    ["the localnet into an adapter", "src/localnet/x.ts", 'import { a } from "../adapters/chain/reader.ts";'],
    ["a package on the wrong floor", "src/adapters/chutes/x.ts", 'import type { ApiPromise } from "@polkadot/api";'],
    ["a package required on the wrong floor", "src/adapters/chutes/x.ts", 'const a = require("@polkadot/api");'],
    ["node in core", "src/core/model/x.ts", 'import { readFileSync } from "node:fs";'],
    ["a polkadot package by import", "src/adapters/chain/x.ts", 'import { ApiPromise } from "@polkadot/api";'],
    ["the wall clock in core", "src/core/model/x.ts", "const now = new Date();"],
    ["the power operator in core", "src/core/model/x.ts", "const a = b ** 2;"],
    ["a locale in core", "src/core/model/x.ts", "a.localeCompare(b);"],
    ["a file on no floor", "src/elsewhere/x.ts", 'import { a } from "./y.ts";'],
  ])("%s", (_name, file, text) => {
    expect(violations(file, text)).not.toEqual([]);
  });
});
