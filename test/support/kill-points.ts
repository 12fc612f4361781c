import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { DatabaseSync } from "node:sqlite";
import { WebSocket } from "ws";
import type { CycleLog, Journal } from "../../src/ports/journal.ts";

/** A moment by its name, counted from the order on: `{label: "answered state_call", nth: 3}`. */
export interface KillPoint {
  readonly label: string;
  readonly nth: number;
}

/**
 * Every moment at which the journal's state, or what the node has heard, is another than just before: around each commit of the
 * database and each rename of a bundle, around each request that is sent, and after each answer. Below all of our own code: in
 * the platform's database, file system and WebSocket.
 */
export class KillPoints {
  /** How often each moment has passed since it was last asked. */
  #counts = new Map<string, number>();
  #armed: { readonly label: string; left: number } | null = null;
  /** Requests without an answer, by id. */
  readonly #asked = new Map<unknown, string>();
  /** What the next commit holds. */
  readonly #writes = new Set<string>();
  #writing = 0;

  constructor() {
    this.#watchDatabase();
    this.#watchFiles();
    this.#watchLink();
  }

  /** Whether a request or a write is under way. */
  get busy(): boolean {
    return this.#asked.size > 0 || this.#writing > 0;
  }

  arm({ label, nth }: KillPoint): void {
    this.#armed = { label, left: nth };
  }

  counted(): Readonly<Record<string, number>> {
    const counts = Object.fromEntries(this.#counts);
    this.#counts = new Map();
    return counts;
  }

  /** The same journal; its writes give the commits their names. */
  journal(journal: Journal): Journal {
    return this.#named(journal, new Set(["open", "noteUpdate"]));
  }

  #pass(label: string): void {
    this.#counts.set(label, (this.#counts.get(label) ?? 0) + 1);
    if (this.#armed?.label !== label) return;
    this.#armed.left -= 1;
    if (this.#armed.left === 0) process.kill(process.pid, "SIGKILL");
  }

  #named<T extends object>(target: T, writes: ReadonlySet<PropertyKey>): T {
    return new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...args: readonly unknown[]): unknown => {
          const call = (): unknown => Reflect.apply(value, target, args);
          return writes.has(name) ? this.#write(`${String(name)}${kindOf(args[0])}`, call) : call();
        };
      },
    });
  }

  async #write(name: string, call: () => unknown): Promise<unknown> {
    this.#writes.add(name);
    this.#writing += 1;
    try {
      const result = await call();
      return name === "open" ? this.#named(result as CycleLog, LOG_WRITES) : result;
    } finally {
      this.#writing -= 1;
      this.#writes.delete(name);
    }
  }

  #watchDatabase(): void {
    const { exec } = DatabaseSync.prototype as unknown as { readonly exec: (sql: string) => void };
    const pass = (phase: string): void => this.#pass(`${phase} commit of ${[...this.#writes].toSorted().join(", ")}`);
    DatabaseSync.prototype.exec = function watched(this: DatabaseSync, sql: string): void {
      if (sql === "COMMIT") pass("before");
      Reflect.apply(exec, this, [sql]);
      if (sql === "COMMIT") pass("after");
    };
  }

  #watchFiles(): void {
    const { rename } = fs;
    fs.rename = async (from, to) => {
      this.#pass("before the bundle has its name");
      await rename(from, to);
      this.#pass("after the bundle has its name");
    };
    syncBuiltinESMExports();
  }

  #watchLink(): void {
    const { emit, send } = WebSocket.prototype as unknown as Wire;
    const sending = (text: string): string => {
      const { id, method } = JSON.parse(text) as { readonly id: unknown; readonly method: string };
      this.#asked.set(id, method);
      return method;
    };
    const heard = (data: unknown): void => {
      const { id } = JSON.parse(String(data)) as { readonly id?: unknown };
      const method = this.#asked.get(id);
      if (method === undefined) return;
      this.#pass(`answered ${method}`);
      this.#asked.delete(id);
    };
    const pass = (label: string): void => this.#pass(label);
    Object.assign(WebSocket.prototype, {
      send(this: WebSocket, text: string): void {
        const method = sending(text);
        pass(`before ${method}`);
        Reflect.apply(send, this, [text]);
        pass(`sent ${method}`);
      },
      emit(this: WebSocket, name: string, ...args: readonly unknown[]): boolean {
        if (name === "message") heard(args[0]);
        return Reflect.apply(emit, this, [name, ...args]) as boolean;
      },
    });
  }
}

interface Wire {
  readonly send: (text: string) => void;
  readonly emit: (name: string, ...args: readonly unknown[]) => boolean;
}

const LOG_WRITES: ReadonlySet<PropertyKey> = new Set(["append", "announce", "keep", "claim", "step", "seal"]);

/** ` snapshot` of a record, ` signed` of a step. */
function kindOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return "";
  if ("kind" in value) return ` ${String(value.kind)}`;
  return "state" in value ? ` ${String(value.state)}` : "";
}
