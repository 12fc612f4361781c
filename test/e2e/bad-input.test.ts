import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OnceShape } from "../../src/cli/machine-types.ts";
import { nodeThatSays } from "./intermediaries.ts";
import { answer, authorCalls, errorOf, type LocalnetProcess, quickNet, requests } from "./processes.ts";
import { chutes, expectError, FEW } from "./variants.ts";

/** Issue "What must be shown" 8: each ends in a sentence that says what to do, with the exit code of DESIGN §5, and nothing lost. */

let net: LocalnetProcess;
beforeAll(async () => {
  net = await quickNet();
}, 90_000);
afterAll(() => net[Symbol.asyncDispose]());

function secret(name: string, text: string, mode = 0o600): string {
  const file = net.write(name, text, mode);
  chmodSync(file, mode);
  return file;
}

/** A wallet folder beside the localnet's, whose hotkey file has this content. */
function walletWith(name: string, content: string | Uint8Array, mode = 0o600): Record<string, unknown> {
  const folder = join(net.dir, "other-wallets", name, "hotkeys");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "default"), content, { mode });
  chmodSync(join(folder, "default"), mode);
  return { wallet: { path: join(net.dir, "other-wallets"), name, hotkey: "default" } };
}

function ownKeyfile(): string {
  return readFileSync(join(net.ready.wallet, "validator", "hotkeys", "default"), "utf8");
}

interface BadCase {
  readonly what: string;
  readonly config: () => string;
  readonly exit: number;
  readonly code: string;
  readonly says: RegExp;
  readonly command?: "once" | "dry-run";
}

const CONFIGURATION: readonly BadCase[] = [
  {
    what: "a misspelt field",
    config: () =>
      net.write("misspelt.yaml", readFileSync(net.ready.config, "utf8").replace("minEligible", "minEligble")),
    exit: 64,
    code: "config-invalid",
    says: /misspelt\.yaml.*line \d+: scoring\.minEligble is not known \(did you mean scoring\.minEligible\?\)/s,
  },
  {
    what: "a wrong value",
    config: () => net.write("value.yaml", readFileSync(net.ready.config, "utf8").replace("netuid: 2", "netuid: two")),
    exit: 64,
    code: "config-invalid",
    says: /line 3: netuid must be a whole number from 0 to 65535/,
  },
  { what: "an empty file", config: () => net.write("empty.yaml", ""), exit: 64, code: "config-invalid", says: /empty/ },
  {
    what: "a file that is not there",
    config: () => join(net.dir, "nowhere.yaml"),
    exit: 64,
    code: "config-missing",
    says: /nowhere\.yaml cannot be read.*--config/s,
  },
  {
    what: "an unknown pack",
    config: () => net.variant("pack", { pack: "generl" }),
    exit: 64,
    code: "pack-unknown",
    says: /no pack called "generl".*general/s,
  },
  {
    what: "no wallet for a command that signs",
    config: () => net.variant("walletless", { wallet: undefined }),
    exit: 64,
    code: "wallet-missing",
    says: /wallet.*dry-run/s,
  },
];

const KEYS: readonly BadCase[] = [
  {
    what: "a hotkey that is not there",
    config: () => net.variant("no-key", { wallet: { path: net.ready.wallet, name: "validator", hotkey: "other" } }),
    exit: 65,
    code: "key-unusable",
    says: /no key file .*hotkeys\/other.*path, name and hotkey/s,
  },
  {
    what: "a hotkey that others may read",
    config: () => net.variant("open-key", walletWith("open", ownKeyfile(), 0o644)),
    exit: 65,
    code: "key-unusable",
    says: /Others may read .*\(mode 0644\).*chmod 600 /s,
  },
  {
    what: "a hotkey file of garbage",
    config: () => net.variant("garbage-key", walletWith("garbage", randomBytes(256))),
    exit: 65,
    code: "key-unusable",
    says: /hotkey in .* cannot be used/,
  },
  {
    what: "an encrypted hotkey",
    config: () => net.variant("locked-key", walletWith("locked", "$NACL\u0000\u0001\u0002 whatever")),
    exit: 65,
    code: "key-unusable",
    says: /encrypted/,
  },
  {
    what: "an API key that others may read",
    config: () =>
      net.variant("open-api", { chutes: chutes(net, { apiKeyFile: secret("open-api-key", net.ready.apiKey, 0o640) }) }),
    exit: 65,
    code: "api-key-unusable",
    says: /chmod 600/,
  },
  {
    what: "no API key at all",
    config: () => net.variant("no-api", { chutes: chutes(net, { apiKeyFile: null }) }),
    exit: 65,
    code: "api-key-unusable",
    says: /CHUTES_API_KEY/,
  },
  {
    what: "an API key that Chutes does not know",
    config: () => {
      const other = net.ready.apiKey.replace(/[^.]$/, (last) => (last === "A" ? "B" : "A"));
      return net.variant("wrong-api", { chutes: chutes(net, { apiKeyFile: secret("wrong-api-key", other) }) });
    },
    exit: 65,
    code: "credentials-rejected",
    says: /does not accept our credentials.*check the API key/s,
  },
];

const NETWORK: readonly BadCase[] = [
  {
    what: "another chain than the configured one",
    config: () => net.variant("genesis", { genesis: `0x${"ab".repeat(32)}` }),
    exit: 64,
    code: "wrong-genesis",
    says: /serves the chain 0x[0-9a-f]{64}, but 0x(ab){32} is configured/,
  },
  {
    what: "a node that is not there",
    config: () => net.variant("nobody", { network: "ws://127.0.0.1:1" }),
    exit: 70,
    code: "chain-unreachable",
    says: /.+/,
  },
  {
    what: "an address where no node answers but a web server",
    config: () => net.variant("web", { network: net.ready.chutes.replace("http", "ws") }),
    exit: 70,
    code: "chain-unreachable",
    says: /.+/,
  },
  {
    what: "a subnet that does not exist",
    config: () => net.variant("subnet", { netuid: 77 }),
    exit: 64,
    code: "subnet-not-found",
    says: /77/,
  },
  {
    what: "a mechanism that does not exist",
    config: () => net.variant("mechanism", { mechid: 3 }),
    exit: 64,
    code: "subnet-not-found",
    says: /3/,
  },
];

describe.each([
  ["configuration", CONFIGURATION],
  ["keys", KEYS],
  ["network", NETWORK],
] as const)("bad %s", (_name, cases) => {
  test.for(cases)("$what ends with exit $exit and says what to do", { timeout: 90_000 }, async (bad) => {
    const { message, remedy } = expectError(await net.run(bad.command ?? "once", bad.config()), bad.exit, bad.code);
    expect(`${message} ${remedy}`).toMatch(bad.says);
  });

  test("buys nothing and sends nothing", async () => {
    const ledger = await net.ledger();
    expect(requests(ledger, "invoke")).toBe(0);
    expect(requests(ledger, "judge")).toBe(0);
    expect(authorCalls(ledger)).toBe(0);
  });
});

describe("a hotkey", () => {
  test("that is not registered ends with exit 66 before anything is bought", async () => {
    const seed = secret("stranger-seed", `0x${"5e".repeat(32)}\n`);
    const { message, remedy } = expectError(
      await net.run("once", net.variant("stranger", { wallet: { seedFile: seed } })),
      66,
      "not-registered",
    );
    expect(message).toMatch(/^The hotkey 5\w+ is not registered on subnet 2/);
    expect(remedy).toContain("btcli");
    expect(requests(await net.ledger(), "invoke")).toBe(0);
    expect(requests(await net.ledger(), "GET /chutes/{id}", 200)).toBe(0);
  });

  test("that everybody knows is just another unregistered one on a localnet, and refused on any other chain", async () => {
    const alice = { wallet: { mnemonicFile: secret("alice", "//Alice\n") } };
    expectError(await net.run("once", net.variant("alice", alice)), 66, "not-registered");
    await using elsewhere = await nodeThatSays(net.ready.node, "system_chain", "Bittensor");
    const config = net.variant("alice-elsewhere", { ...alice, network: elsewhere.url });
    const { message, remedy } = expectError(await net.run("once", config), 65, "well-known-key");
    expect(`${message} ${remedy}`).toMatch(/key that everybody knows.*hotkey of your own/s);
  });

  test("of one's own is accepted on a chain that is not local", async () => {
    await using elsewhere = await nodeThatSays(net.ready.node, "system_chain", "Bittensor");
    const { miners } = answer<OnceShape>(
      await net.run("dry-run", net.variant("elsewhere", { ...FEW, network: elsewhere.url })),
    );
    expect(miners.length).toBeGreaterThan(0);
  }, 90_000);
});

describe("the data folder", () => {
  test("that is a file ends with exit 69", async () => {
    const file = net.write("data-is-a-file", "x");
    const finished = await net.run("once", net.variant("data-file", { data: file }));
    expect(finished.code).toBe(69);
    expect(errorOf(finished).message).toContain("data-is-a-file");
  });

  test("with a journal that is damaged ends with exit 69 and leaves the file as it is", async () => {
    const data = join(net.dir, "damaged-data");
    mkdirSync(data, { recursive: true });
    const garbage = randomBytes(8192);
    writeFileSync(join(data, "journal.sqlite"), garbage);
    const finished = await net.run("once", net.variant("damaged", { data }));
    expect(finished.code).toBe(69);
    expect(finished.stderr).not.toMatch(/\n\s+at /);
    expect(readFileSync(join(data, "journal.sqlite")).equals(garbage)).toBe(true);
  });
});
