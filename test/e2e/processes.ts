import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { ReadyShape } from "../../src/cli/machine-types.ts";

/** The command line as any user starts it: processes of their own, documents on stdout, sentences on stderr. */
const MAIN = resolve(import.meta.dirname, "../../src/main.ts");

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of stdout, parsed; undefined when there was none. */
  readonly document: unknown;
}

export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
}

/** Environment of a fresh machine: nothing of the developer's own wallet or key. */
function cleanEnv(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(BT_|CHUTES_)/.test(name));
  return { ...Object.fromEntries(kept), ...extra };
}

export function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"], env: cleanEnv(env) });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const finished = new Promise<Finished>((done) => {
    child.once("close", (code) => {
      const last = stdout.trimEnd().split("\n").at(-1) ?? "";
      done({ code, stdout, stderr, document: last.startsWith("{") ? JSON.parse(last) : undefined });
    });
  });
  return { child, finished };
}

export function touchstone(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  return start(args, env).finished;
}

export interface Ledger {
  readonly block: number;
  readonly extrinsics: readonly {
    readonly block: number;
    readonly call: string;
    readonly args: Readonly<Record<string, unknown>>;
    readonly result: string;
    readonly signer: string;
  }[];
  readonly rpc: Readonly<Record<string, number>>;
  readonly hashes: Readonly<Record<string, number>>;
  readonly chutes: readonly { readonly route: string; readonly status: number; readonly uid?: number; readonly count: number }[];
  readonly spendMicroUsd: number;
}

export interface Truth {
  readonly uid: number;
  readonly hotkey: string;
  readonly quality: number;
  readonly kind: string;
}

/** A localnet as a process of its own in a folder of its own; disposing of it stops the one and deletes the other. */
export class LocalnetProcess implements AsyncDisposable {
  readonly ready: ReadyShape;
  readonly dir: string;
  readonly #running: Running;

  private constructor(ready: ReadyShape, dir: string, running: Running) {
    this.ready = ready;
    this.dir = dir;
    this.#running = running;
  }

  static async start(...flags: readonly string[]): Promise<LocalnetProcess> {
    const dir = mkdtempSync(join(tmpdir(), "touchstone-localnet-"));
    const running = start(["localnet", "--dir", dir, "--json", ...flags]);
    const { stdout } = running.child;
    if (stdout === null) throw new Error("the localnet has no stdout");
    for await (const line of createInterface({ input: stdout })) {
      return new LocalnetProcess(JSON.parse(line) as ReadyShape, dir, running);
    }
    throw new Error(`the localnet ended before it was ready: ${(await running.finished).stderr}`);
  }

  async ledger(): Promise<Ledger> {
    return (await (await fetch(`${this.ready.control}/ledger`)).json()) as Ledger;
  }

  async truth(): Promise<readonly Truth[]> {
    return (await (await fetch(`${this.ready.control}/truth`)).json()) as readonly Truth[];
  }

  async faults(rules: readonly unknown[]): Promise<void> {
    const response = await fetch(`${this.ready.control}/faults`, { method: "POST", body: JSON.stringify(rules) });
    if (!response.ok) throw new Error(`faults refused: ${await response.text()}`);
  }

  async advance(blocks: number): Promise<void> {
    await fetch(`${this.ready.control}/advance`, { method: "POST", body: JSON.stringify({ blocks }) });
  }

  /** The configuration with changes to its text, as another file beside it. */
  config(name: string, change: (text: string) => string): string {
    const file = join(this.dir, name);
    writeFileSync(file, change(readFileSync(this.ready.config, "utf8")));
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#running.child.kill("SIGTERM");
    await this.#running.finished;
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Polls until the condition holds; the test's own time limit ends it otherwise. */
export async function until<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    await new Promise((done) => setImmediate(done));
  }
}
