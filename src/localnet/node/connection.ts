import { setTimeout as sleep } from "node:timers/promises";
import type { RawData, WebSocket } from "ws";
import type { Engine } from "./engine.ts";
import type { NodeFault } from "./faults.ts";
import { answer, errorObject, isMethod, type RpcRequest, readRequest } from "./rpc.ts";
import { RpcError } from "./rpc-error.ts";
import { Subscriptions } from "./subscriptions.ts";
import type { WaveCounter } from "./waves.ts";
import { wrongAnswer } from "./wrong-answer.ts";

/** Unsent bytes at which a client that does not read is cut off. */
const MOST_UNSENT = 64 * 1024 * 1024;
/** WebSocket close code of policy refusals (chain-newest.md §5). */
const POLICY = 1008;
/** Requests in one batch, and waiting on one connection. */
const MOST_BATCH = 100;
const MOST_QUEUED = 4096;

/** One client: answers its requests in their order, sends what it subscribed to, has the misfortunes that were asked for. */
export class Connection {
  readonly #engine: Engine;
  readonly #socket: WebSocket;
  readonly #subscriptions: Subscriptions;
  readonly #queue: string[] = [];
  readonly #closed = new AbortController();
  readonly #waves: WaveCounter;
  #busy = false;
  #silent = false;

  constructor(engine: Engine, socket: WebSocket) {
    this.#engine = engine;
    this.#socket = socket;
    this.#subscriptions = new Subscriptions(engine, (text) => {
      this.#send(text);
    });
    this.#waves = engine.waves.open();
    socket.on("message", (data: RawData) => {
      this.#receive(data);
    });
    socket.on("close", () => {
      this.#closed.abort();
      this.#waves.close();
      this.#subscriptions.closeAll();
    });
    // Frames that break the protocol end the connection by themselves; without a listener they would end the process.
    socket.on("error", () => {
      socket.terminate();
    });
  }

  #receive(data: RawData): void {
    if (this.#queue.length >= MOST_QUEUED) {
      this.#socket.terminate();
      return;
    }
    this.#waves.request();
    this.#queue.push(textOf(data));
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let text = this.#queue.shift(); text !== undefined && !this.#ended(); text = this.#queue.shift()) {
      await this.#handle(text);
    }
    this.#busy = false;
  }

  #ended(): boolean {
    return this.#silent || this.#closed.signal.aborted;
  }

  async #handle(text: string): Promise<void> {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch (cause) {
      this.#send(JSON.stringify(failed(null, new RpcError(-32700, "Parse error", String(cause)))));
      return;
    }
    if (!Array.isArray(message)) {
      await this.#reply(message);
      return;
    }
    if (message.length === 0 || message.length > MOST_BATCH) {
      this.#send(JSON.stringify(failed(null, new RpcError(-32600, "Invalid request"))));
      return;
    }
    this.#answer(JSON.stringify(message.map((request: unknown) => this.#execute(request))));
  }

  /** One request, with the fault that may be due. */
  async #reply(message: unknown): Promise<void> {
    const method = methodOf(message);
    const fault = this.#engine.faults.onRequest(method);
    if (fault?.kind === "delay" && !(await this.#wait(fault.value ?? 1000))) return;
    if (fault?.kind === "error") {
      const error = new RpcError(fault.value ?? -32603, "Fault on demand of the simulated node");
      this.#engine.ledger.countMethod(isMethod(method) ? method : "unknown");
      this.#answer(JSON.stringify(failed(idOf(message), error)));
      return;
    }
    if (fault?.kind === "close") {
      this.#socket.close(fault.value ?? POLICY, "traffic policy of the simulated node");
      return;
    }
    const cut = cutOf(fault);
    const text = cut?.after === false ? "" : JSON.stringify(this.#execute(message, fault));
    if (cut !== undefined) {
      this.#cut(cut.kind);
      return;
    }
    this.#answer(fault?.kind === "truncate" ? text.slice(0, Math.ceil(text.length / 2)) : text);
  }

  #answer(text: string): void {
    this.#send(text);
    this.#waves.answer();
    this.#subscriptions.flush();
  }

  #execute(message: unknown, fault?: NodeFault): object {
    try {
      const request: RpcRequest = readRequest(message);
      this.#engine.ledger.countMethod(isMethod(request.method) ? request.method : "unknown");
      const again = (params: readonly unknown[]): unknown =>
        answer({ engine: this.#engine, subscriptions: this.#subscriptions }, { ...request, params });
      const right = answer({ engine: this.#engine, subscriptions: this.#subscriptions }, request);
      const behind = fault?.value ?? 10;
      const result = fault?.kind === "wrong" ? wrongAnswer(this.#engine, request, { right, again, behind }) : right;
      return { jsonrpc: "2.0", id: request.id, result: result ?? null };
    } catch (error) {
      return failed(idOf(message), error);
    }
  }

  /** False when the connection ended meanwhile. */
  async #wait(ms: number): Promise<boolean> {
    try {
      await sleep(ms, undefined, { signal: this.#closed.signal });
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === "AbortError") return false;
      throw error;
    }
  }

  #cut(kind: "drop" | "half-open"): void {
    if (kind === "drop") {
      this.#socket.terminate();
      return;
    }
    this.#silent = true;
    this.#socket.pause();
  }

  #send(text: string): void {
    if (this.#ended()) return;
    this.#socket.send(text);
    if (this.#socket.bufferedAmount > MOST_UNSENT) this.#socket.terminate();
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return Buffer.from(data as ArrayBuffer).toString("utf8");
}

/** The fault if it ends the conversation, and whether the request is carried out before. */
function cutOf(fault: NodeFault | undefined): { kind: "drop" | "half-open"; after: boolean } | undefined {
  if (fault?.kind !== "drop" && fault?.kind !== "half-open") return undefined;
  return { kind: fault.kind, after: fault.value === 1 };
}

function failed(id: string | number | null, error: unknown): object {
  return { jsonrpc: "2.0", id, error: errorObject(error) };
}

function methodOf(message: unknown): string {
  if (typeof message !== "object" || message === null || !("method" in message)) return "";
  return typeof message.method === "string" ? message.method : "";
}

function idOf(message: unknown): string | number | null {
  if (typeof message !== "object" || message === null || !("id" in message)) return null;
  return typeof message.id === "string" || typeof message.id === "number" ? message.id : null;
}
