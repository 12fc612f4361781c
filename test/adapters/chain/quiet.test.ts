// biome-ignore-all lint/suspicious/noConsole: the console is what is tested here.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { quietPolkadot } from "../../../src/adapters/chain/polkadot-log.ts";

const run = promisify(execFile);

test("nothing of the chain library reaches the output that belongs to our JSON", async () => {
  const { stdout, stderr } = await run(process.execPath, ["test/adapters/chain/quiet-child.ts"]);
  expect(stdout).toBe('{"ours":true}\n');
  expect(stderr).toBe("");
});

test("the library's lines become events without their text, all others stay", () => {
  const original = console.log;
  const printed: unknown[][] = [];
  const events: unknown[] = [];
  console.log = (...args: unknown[]) => printed.push(args);
  try {
    quietPolkadot({ event: (...event) => events.push(event), progress: () => undefined });
    console.log("2026-11-24 13:35:00", "        API/INIT:", "Runtime updated", "wss://node/key");
    console.log("2026-11-24 13:35:00", "ours");
    console.log("plain");
  } finally {
    console.log = original;
  }
  expect(printed).toEqual([["2026-11-24 13:35:00", "ours"], ["plain"]]);
  expect(events).toEqual([["debug", "chain.library-log", { level: "log", scope: "API/INIT" }]]);
});
