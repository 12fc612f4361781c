import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { SHAPES } from "../../src/cli/shapes.ts";
import { cleanEnv, errorOf, MAIN, start, touchstone } from "./processes.ts";

const HELP = await touchstone(["--help"]);
/** Whatever the program says it can do. */
const COMMANDS = [...HELP.stdout.matchAll(/^ {2}([a-z-]+)(?: \[options\]| <)/gm)].map(([, name = ""]) => name);

describe("help", () => {
  test("of the program names every command and every exit code", () => {
    const { code, stderr, stdout } = HELP;
    expect([code, stderr]).toEqual([0, ""]);
    expect(COMMANDS).toEqual(expect.arrayContaining(["once", "dry-run", "replay", "localnet", "schema"]));
    for (const exit of [0, 1, 64, 65, 66, 67, 68, 69, 70, 71]) {
      expect(stdout).toMatch(new RegExp(`(^|\\s)${exit} \\w`, "m"));
    }
  });

  test.for(COMMANDS)("of %s shows its options and an example", async (command) => {
    const { code, stderr, stdout } = await touchstone([command, "--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`Usage: touchstone ${command}`);
    expect(stdout).toContain("--json");
    expect(stdout).toMatch(new RegExp(`Examples?:\\n  touchstone ${command}\\b`));
  });

  test("offers the names that operators know from btcli", async () => {
    const { stdout } = await touchstone(["once", "--help"]);
    for (const name of ["-n, --network", "-w, --wallet", "-H, --wallet-hotkey", "--wallet-path", "-q, --quiet"]) {
      expect(stdout).toContain(name);
    }
  });

  test("has no option that takes a secret", async () => {
    const texts = await Promise.all(COMMANDS.map(async (command) => (await touchstone([command, "--help"])).stdout));
    expect(texts.join("\n")).not.toMatch(/--[a-z-]*(?:(?<!hot)key|phrase|mnemonic|password|secret|suri) </);
  });
});

test("--version is the package's", async () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    readonly version: string;
  };
  const { code, stdout } = await touchstone(["--version"]);
  expect([code, stdout]).toEqual([0, `${version}\n`]);
});

describe("schema", () => {
  test.for(Object.keys(SHAPES))("prints the JSON Schema of %s", async (name) => {
    const { code, document, stderr } = await touchstone(["schema", name, "--json"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(document).toMatchObject({ type: "object", additionalProperties: false });
    expect(z.fromJSONSchema(document as Parameters<typeof z.fromJSONSchema>[0]).safeParse({}).success).toBe(false);
  });

  test("is read by people, too", async () => {
    const { code, stdout } = await touchstone(["schema", "error"]);
    expect(code).toBe(0);
    expect(stdout.split("\n").length).toBeGreaterThan(10);
    expect(JSON.parse(stdout)).toEqual((await touchstone(["schema", "error", "--json"])).document);
  });

  test("of an unknown name is refused with the known ones", async () => {
    for (const name of ["onec", "constructor", "__proto__"]) {
      const finished = await touchstone(["schema", name, "--json"]);
      expect(finished.code).toBe(64);
      expect(errorOf(finished)).toMatchObject({ code: "schema-unknown" });
      expect(errorOf(finished).remedy).toContain("once, dry-run, replay");
    }
  });
});

describe("wrong words", () => {
  const WRONG: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [["onec"], /unknown command 'onec'.*once/],
    [["once", "--jsno"], /unknown option '--jsno'.*--json/],
    [["replay"], /missing required argument 'bundle'/],
    [["localnet", "--seed", "one"], /--seed.*whole number/],
    [["localnet", "--commit-reveal", "maybe"], /on or off/],
    [["once", "--config"], /argument missing/],
  ];
  test.for(WRONG)("%j end with exit 64, a sentence, and with --json a document", async ([args, says]) => {
    const plain = await touchstone(args);
    expect([plain.code, plain.stdout]).toEqual([64, ""]);
    expect(plain.stderr.replaceAll("\n", " ")).toMatch(says);
    const json = await touchstone(args.includes("--config") ? ["once", "--json", "--config"] : [...args, "--json"]);
    expect(json.code).toBe(64);
    expect(SHAPES["error"]?.safeParse(json.document).error).toBeUndefined();
    expect(errorOf(json).code).toBe("usage");
    expect(errorOf(json).message).toMatch(says);
  });

  test("none at all show the help and end with exit 64", async () => {
    const { code, stderr } = await touchstone([]);
    expect(code).toBe(64);
    expect(stderr).toContain("Usage: touchstone");
  });

  test("for the localnet that it cannot follow are refused in one sentence", async () => {
    const finished = await touchstone(["localnet", "--miners", "0", "--json"]);
    expect(finished.code).toBe(64);
    expect(errorOf(finished)).toMatchObject({ code: "localnet-invalid", blame: "validator" });
  });
});

test("a reader that has seen enough closes the pipe, and nothing is said about it", async () => {
  const child = spawn(process.execPath, [MAIN, "schema", "once"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: cleanEnv(),
  });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  expect([code, stderr]).toEqual([0, ""]);
});

test("a localnet that is told to stop ends with exit 0", async () => {
  const dir = mkdtempSync(join(tmpdir(), "touchstone-stop-"));
  const running = start(["localnet", "--miners", "1", "--dir", dir]);
  const { stdout } = running.child;
  if (stdout !== null) await once(stdout, "data");
  running.child.kill("SIGTERM");
  expect((await running.finished).code).toBe(0);
  rmSync(dir, { recursive: true, force: true });
});
