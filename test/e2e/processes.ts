import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { parse, stringify } from "yaml";
import type { ErrorShape, ReadyShape } from "../../src/cli/machine-types.ts";

/** The command line as any user starts it: processes of their own, documents on stdout, sentences on stderr. */
export const MAIN: string = resolve(import.meta.dirname, "../../src/main.ts");

export interface Finished {
  /** Null when a signal ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of stdout, parsed; undefined when it is no document. */
  readonly document: unknown;
}

export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
}

/** Environment of a fresh machine: nothing of the developer's own wallet or key. */
export function cleanEnv(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
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
    child.once("close", (code, signal) => {
      done({ code, signal, stdout, stderr, document: documentOf(stdout) });
    });
  });
  return { child, finished };
}

function documentOf(stdout: string): unknown {
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  return last.startsWith("{") && last.endsWith("}") ? (JSON.parse(last) as unknown) : undefined;
}

export function touchstone(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  return start(args, env).finished;
}

/** The document of a command that must have ended well; its words otherwise. */
export function answer<T>(finished: Finished, code = 0): T {
  if (finished.code !== code || finished.document === undefined) {
    throw new Error(`exit ${finished.code ?? finished.signal ?? "none"}: ${finished.stdout}\n${finished.stderr}`);
  }
  return finished.document as T;
}

export function errorOf(finished: Finished): ErrorShape["error"] {
  return (finished.document as ErrorShape).error;
}

export interface Ledger {
  readonly block: number;
  readonly extrinsics: readonly {
    readonly block: number;
    readonly hash: string;
    readonly call: string;
    readonly args: Readonly<Record<string, unknown>>;
    readonly result: string;
    readonly signer: string;
  }[];
  readonly rpc: Readonly<Record<string, number>>;
  readonly hashes: Readonly<Record<string, number>>;
  readonly chutes: readonly {
    readonly route: string;
    readonly status: number;
    readonly uid?: number;
    readonly count: number;
  }[];
  readonly spendMicroUsd: number;
}

/** How many requests of a route ended so; 0 = nothing was sent back. */
export function requests(ledger: Ledger, route: string, status?: number, uid?: number): number {
  return ledger.chutes
    .filter((line) => line.route === route)
    .filter((line) => (status ?? line.status) === line.status && (uid ?? line.uid) === line.uid)
    .reduce((sum, line) => sum + line.count, 0);
}

/** Calls that could send something to the chain. */
export function authorCalls(ledger: Ledger): number {
  return Object.entries(ledger.rpc).reduce((sum, [name, count]) => sum + (name.startsWith("author_") ? count : 0), 0);
}

export interface Truth {
  readonly uid: number;
  readonly hotkey: string;
  readonly chuteId: string;
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
    rmSync(dir, { recursive: true, force: true });
    throw new Error(`the localnet ended before it was ready: ${(await running.finished).stderr}`);
  }

  /** `command --config … --json`, with the localnet's own configuration unless another is named. */
  start(command: string, config: string = this.ready.config): Running {
    return start([command, "--config", config, "--json"], { HOME: this.dir });
  }

  run(command: string, config?: string): Promise<Finished> {
    return this.start(command, config).finished;
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

  async advance(blocks: number): Promise<number> {
    const response = await fetch(`${this.ready.control}/advance`, { method: "POST", body: JSON.stringify({ blocks }) });
    return ((await response.json()) as { readonly block: number }).block;
  }

  /** Another configuration beside the localnet's own, with a data folder of its own; undefined leaves a name out. */
  variant(name: string, changes: Readonly<Record<string, unknown>> = {}): string {
    const own = parse(readFileSync(this.ready.config, "utf8")) as Record<string, unknown>;
    const changed = Object.entries({ ...own, data: join(this.dir, `data-${name}`), ...changes });
    return this.write(
      `${name}.yaml`,
      stringify(Object.fromEntries(changed.filter(([, value]) => value !== undefined))),
    );
  }

  write(name: string, text: string, mode = 0o600): string {
    const file = join(this.dir, name);
    writeFileSync(file, text, { mode });
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#running.child.kill("SIGTERM");
    await this.#running.finished;
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

const POLL_MS = 10;

/** Polls until the condition holds; the test's own time limit ends it otherwise. */
export async function until<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    await pause(POLL_MS);
  }
}

/** The localnet of most tests: real blocks, an epoch that no test outlives, the next one by `advance`. */
export const LONG_EPOCH = 3000;
export function quickNet(...flags: readonly string[]): Promise<LocalnetProcess> {
  return LocalnetProcess.start("--miners", "4", "--tempo", String(LONG_EPOCH), "--block-ms", "50", ...flags);
}
