import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parse, stringify } from "yaml";
import type { ReadyShape } from "../../src/cli/machine-types.ts";

export const MAIN: string = resolve(import.meta.dirname, "../../src/main.ts");

/** An operator's own wallet and key stay out of the measurement. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(BT_|CHUTES_)/.test(name)));

/** What a child said last, when it has to be told. */
const SAID_CHARACTERS = 4_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Last line of stdout. */
  readonly last: string;
  /** The end of what it wrote to stderr. */
  readonly said: string;
  /** From spawn to the end, in milliseconds. */
  readonly wallMs: number;
}

export function launch(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"], env });
}

/** Lines of a child's stdout, one at a time. */
export function linesOf(child: ChildProcess): AsyncIterator<string> {
  if (child.stdout === null) throw new Error("the child has no stdout");
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]();
}

/** Runs Node on a script to its end. */
export async function node(args: readonly string[]): Promise<Ended> {
  const began = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], env });
  let last = "";
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-SAID_CHARACTERS);
  });
  const read = (async () => {
    for await (const line of createInterface({ input: child.stdout })) last = line;
  })();
  const closed = new Promise((done) => child.once("close", done));
  const [code, signal] = await new Promise<readonly [number | null, NodeJS.Signals | null]>((done) =>
    child.once("exit", (...how) => done(how)),
  );
  const wallMs = performance.now() - began;
  await Promise.all([read, closed]);
  return { code, signal, last, said, wallMs };
}

/** A script of this folder whose last line is a JSON document. */
export async function report<T>(script: string, ...args: readonly string[]): Promise<T> {
  const { code, signal, last, said } = await node(["--expose-gc", scriptPath(script), ...args]);
  if (code !== 0 || last === "") {
    const how = `${script} ${args.join(" ")} ended with ${code ?? signal ?? "nothing"}`;
    throw new Error(`${how} and said: ${last}\n${said}`);
  }
  return JSON.parse(last) as T;
}

export function scriptPath(name: string): string {
  return join(import.meta.dirname, name);
}

export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "touchstone-bench-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

export interface Net extends AsyncDisposable {
  readonly ready: ReadyShape;
  readonly dir: string;
  /** The localnet's own configuration with these sections changed, and a data folder of its own. */
  config(name: string, changes: Readonly<Record<string, unknown>>): string;
}

/** `touchstone localnet` as a process of its own, so that nothing of it is counted as ours. */
export async function localnet(...flags: readonly string[]): Promise<Net> {
  const folder = temporaryFolder();
  const child = launch([MAIN, "localnet", "--dir", folder.path, "--json", ...flags]);
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  const { value } = await linesOf(child).next();
  if (value === undefined) throw new Error("the localnet ended before it was ready");
  const ready = JSON.parse(value) as ReadyShape;
  return {
    ready,
    dir: folder.path,
    config: (name, changes) => {
      const own = parse(readFileSync(ready.config, "utf8")) as Record<string, unknown>;
      const file = join(folder.path, `${name}.yaml`);
      const changed = { ...own, data: join(folder.path, `data-${name}`), ...changes };
      const chutes = { ...(own["chutes"] as object), ...(changes["chutes"] as object | undefined) };
      writeFileSync(file, stringify({ ...changed, chutes }), { mode: 0o600 });
      return file;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await ended;
      folder[Symbol.dispose]();
    },
  };
}
