import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fromHex } from "../../src/core/determinism/digest.ts";
import { publicKeyOf } from "../../src/localnet/chutes/sr25519.ts";
import { localRuntime } from "../../src/localnet/metadata/registry.ts";
import { type SimNode, startNode } from "../../src/localnet/node/node.ts";
import { SIGNER } from "../support/cycle-bench.ts";
import type { KillPoint } from "../support/kill-points.ts";
import { chuteOf, hotkeyOf, NETUID } from "../support/scripted-world.ts";
import type { ToChild, ToParent } from "../support/submission-child.ts";
import { cleanEnv } from "./processes.ts";

const CHILD = resolve(import.meta.dirname, "../support/submission-child.ts");
const FOLDERS = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
/** As on the public networks; the time is virtual. */
const BLOCK_MS = 12_000;
const MINERS = 3;
export const TEMPO = 60;

type Counts = Readonly<Record<string, number>>;

/** One data folder and one node in virtual time; processes come and go. Blocks come when the living one waits for them. */
export class Lives implements AsyncDisposable {
  readonly node: SimNode;
  readonly #home: string = mkdtempSync(join(FOLDERS, "touchstone-lives-"));
  /** Epochs that a process said it sealed. */
  readonly sealed: number[] = [];
  /** What passed in the epoch sealed last. */
  passed: Counts = {};
  #child: ChildProcess | null = null;
  #ended: Promise<NodeJS.Signals | number | null> = Promise.resolve(null);
  #said = "";
  #news: (() => void) | null = null;

  private constructor(node: SimNode) {
    this.node = node;
  }

  static async begin(commitReveal: boolean): Promise<Lives> {
    const node = await startNode({
      seed: 1,
      runtime: localRuntime({ blockMs: BLOCK_MS }),
      netuid: NETUID,
      tempo: TEMPO,
      commitReveal,
      validator: { publicKey: fromHex(SIGNER.publicKey), stakeRao: 10n ** 13n },
      miners: Array.from({ length: MINERS }, (_, index) => minerOf(index + 1)),
      blockMs: BLOCK_MS,
      finalityLag: 3,
      virtual: true,
      port: 0,
    });
    return new Lives(node);
  }

  /** A new process, which kills itself at this point. */
  start(point?: KillPoint): void {
    const order = point === undefined ? [] : [JSON.stringify(point)];
    const child = fork(CHILD, [join(this.#home, "data"), this.node.url, this.node.genesis, ...order], {
      // Hundreds of starts of the same program.
      env: cleanEnv({ NODE_COMPILE_CACHE: join(this.#home, "cache") }),
      execArgv: [],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child = child;
    this.#said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      this.#said = `${this.#said}${chunk.toString()}`.slice(-4000);
    });
    child.on("message", (message: ToParent) => void this.#hear(message));
    this.#ended = once(child, "close").then(([code, signal]) => {
      this.#child = null;
      this.#news?.();
      return (signal ?? code) as NodeJS.Signals | number | null;
    });
  }

  arm(point: KillPoint): void {
    this.#tell({ kind: "arm", ...point });
  }

  /** Until that many more epochs are sealed; false when the process was killed before. */
  async more(epochs: number): Promise<boolean> {
    const goal = this.sealed.length + epochs;
    while (this.sealed.length < goal) {
      if (this.#child === null) {
        await this.#killed();
        return false;
      }
      await new Promise<void>((wake) => {
        this.#news = wake;
      });
    }
    return true;
  }

  /** For one that did not come to its point. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#killed();
  }

  async end(): Promise<void> {
    this.#tell({ kind: "end" });
    const how = await this.#ended;
    if (how !== 0) throw new Error(`the process did not end well (${how}): ${this.#said}`);
  }

  /** Absolute paths, in the order of epochs. */
  bundles(): readonly string[] {
    const epochOf = (name: string): number => Number(/-(\d+)\.jsonl\.zst$/.exec(name)?.[1] ?? Number.NaN);
    const folder = join(this.#home, "data", "bundles");
    return readdirSync(folder)
      .filter((name) => name.endsWith(".zst"))
      .toSorted((a, b) => epochOf(a) - epochOf(b))
      .map((name) => join(folder, name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#ended;
    await this.node[Symbol.asyncDispose]();
    rmSync(this.#home, { recursive: true, force: true });
  }

  /** Anything but the kill that was ordered is a failure: a journal that does not open, a wrong alarm, a crash. */
  async #killed(): Promise<void> {
    const how = await this.#ended;
    if (how !== "SIGKILL") throw new Error(`the process ended by itself (${how}): ${this.#said}`);
  }

  async #hear(message: ToParent): Promise<void> {
    if (message.kind === "idle") {
      await this.node.advance(1);
      this.#tell({ kind: "block" });
    } else if (message.kind === "sealed") {
      this.sealed.push(message.epoch);
      this.passed = message.passed;
    }
    this.#news?.();
  }

  #tell(message: ToChild): void {
    // A process that is just being killed hears nothing any more.
    this.#child?.send(message, () => undefined);
  }
}

function minerOf(uid: number): { readonly publicKey: Uint8Array; readonly commitment: Uint8Array } {
  const publicKey = publicKeyOf(hotkeyOf(uid));
  if (publicKey === undefined) throw new Error("no such miner");
  const text = JSON.stringify({ chute_id: chuteOf(uid), model: `model-${uid}` });
  return { publicKey, commitment: new TextEncoder().encode(text) };
}
