import { join } from "node:path";
import { expect } from "vitest";
import { SHAPES } from "../../src/cli/shapes.ts";
import { errorOf, type Finished, type LocalnetProcess } from "./processes.ts";

/** Quick: two exact questions a miner, asked once each. */
export const FEW = { tasks: { verifiable: 2, judged: 0 }, limits: { attempts: 1 } };

/** The section `chutes` of a localnet's configuration with changes. */
export function chutes(
  { dir, ready }: LocalnetProcess,
  changes: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const here = { api: ready.chutes, llm: ready.chutes, invoke: ready.chutes };
  return { ...here, apiKeyFile: join(dir, "chutes-api-key"), requestsPerMinute: 6000, concurrency: 64, ...changes };
}

/** The document, the sentence on stderr, and no stack: what every error of ours looks like. */
export function expectError(
  finished: Finished,
  exit: number,
  code: string,
): { readonly message: string; readonly remedy: string } {
  expect([finished.code, errorOf(finished).code], finished.stderr).toEqual([exit, code]);
  expect(SHAPES["error"]?.safeParse(finished.document).error).toBeUndefined();
  const { message, remedy } = errorOf(finished);
  expect(message).toMatch(/^\S.*[.?]$/s);
  expect(remedy).toMatch(/^[A-Z].*\S$/s);
  expect(finished.stderr).toContain(message.slice(0, 40));
  expect(finished.stderr).not.toMatch(/\n\s+at /);
  return { message, remedy };
}
