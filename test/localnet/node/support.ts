import { createRequire } from "node:module";
import type * as Api from "@polkadot/api";
import type { ApiOptions } from "@polkadot/api/types";
import type { KeyringPair } from "@polkadot/keyring/types";
import type * as Crypto from "@polkadot/util-crypto";
import { WebSocket } from "ws";
import { localRuntime } from "../../../src/localnet/metadata/registry.ts";
import { type SimNode, type SimNodeOptions, startNode } from "../../../src/localnet/node/node.ts";

const require = createRequire(import.meta.url);
const { ApiPromise, Keyring, WsProvider } = require("@polkadot/api") as typeof Api;
const { cryptoWaitReady } = require("@polkadot/util-crypto") as typeof Crypto;

await cryptoWaitReady();
const ring = new Keyring({ type: "sr25519", ss58Format: 42 });

export const NETUID = 2;
export const TAO = 1_000_000_000n;
export const validator: KeyringPair = ring.addFromUri("//Validator");
export const edwards: KeyringPair = ring.addFromUri("//Edwards", {}, "ed25519");
export const stranger: KeyringPair = ring.addFromUri("//Stranger");
export const miners: readonly KeyringPair[] = [1, 2, 3, 4].map((n) => ring.addFromUri(`//Miner${n}`));
const utf8 = new TextEncoder();

export function testOptions(changed: Partial<SimNodeOptions> = {}): SimNodeOptions {
  return {
    seed: 1,
    blockMs: 250,
    finalityLag: 3,
    tempo: 20,
    commitReveal: false,
    virtual: true,
    runtime: localRuntime({ blockMs: 250 }),
    netuid: NETUID,
    validator: { publicKey: validator.publicKey, stakeRao: 50_000n * TAO },
    miners: [
      { publicKey: miners[0]!.publicKey, commitment: utf8.encode('{"chute_id":"a"}'), commitmentBlock: 2 },
      { publicKey: miners[1]!.publicKey, commitment: utf8.encode("x".repeat(300)), commitmentBlock: 5 },
      { publicKey: miners[2]!.publicKey, revealed: [{ block: 4, data: utf8.encode('{"chute_id":"c"}') }] },
      { publicKey: miners[3]!.publicKey },
    ],
    otherValidators: [{ publicKey: edwards.publicKey, stakeRao: 10_000n * TAO, weights: [[1, 65_535]] }],
    port: 0,
    ...changed,
  };
}

export function startTestNode(changed: Partial<SimNodeOptions> = {}): Promise<SimNode> {
  return startNode(testOptions(changed));
}

export function connect(node: SimNode): Promise<Api.ApiPromise> {
  // One assertion: under exactOptionalPropertyTypes the two declarations differ (own-metadata.md §8).
  const provider = new WsProvider(node.url, false) as NonNullable<ApiOptions["provider"]> & Api.WsProvider;
  const ready = ApiPromise.create({ provider, noInitWarn: true, throwOnConnect: true });
  return provider.connect().then(() => ready);
}

export interface Reply {
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: string };
}

/** A client that knows nothing: frames in, frames out. */
export class RawClient {
  readonly socket: WebSocket;
  readonly received: Reply[] = [];
  readonly texts: string[] = [];
  #waiting: (() => void)[] = [];
  #next = 0;

  private constructor(url: string) {
    this.socket = new WebSocket(url, { perMessageDeflate: false });
    const wake = (): void => {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const resolve of waiting) resolve();
    };
    this.socket.on("message", (data) => {
      const text = (data as Buffer).toString("utf8");
      this.texts.push(text);
      try {
        const parsed = JSON.parse(text) as Reply | Reply[];
        this.received.push(...(Array.isArray(parsed) ? parsed : [parsed]));
      } catch (error) {
        this.received.push({ id: "unreadable", result: String(error) });
      }
      wake();
    });
    this.socket.on("close", wake);
    this.socket.on("error", wake);
  }

  static async open(node: SimNode): Promise<RawClient> {
    const client = new RawClient(node.url);
    await new Promise((resolve, reject) => {
      client.socket.once("open", resolve);
      client.socket.once("error", reject);
    });
    return client;
  }

  get closed(): boolean {
    return this.socket.readyState === WebSocket.CLOSED;
  }

  /** Resolves when `found` gives something, or undefined when the socket closes first. */
  async until<T>(found: () => T | undefined): Promise<T | undefined> {
    for (;;) {
      const value = found();
      if (value !== undefined || this.closed) return value;
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  async call(method: string, params?: unknown): Promise<Reply> {
    this.#next += 1;
    const id = `q${this.#next}`;
    this.socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    const reply = await this.until(() => this.received.find((message) => message.id === id));
    if (reply === undefined) throw new Error("the socket was closed before an answer came");
    return reply;
  }

  async result(method: string, params?: unknown): Promise<unknown> {
    const { result, error } = await this.call(method, params);
    if (error !== undefined) throw new Error(`${error.code}: ${error.message}`);
    return result;
  }

  /** Messages of subscriptions under a method, oldest first. */
  notes(method: string): unknown[] {
    return this.received.flatMap((message) => {
      const note = message as unknown as { method?: string; params?: { result: unknown } };
      return note.method === method ? [note.params?.result] : [];
    });
  }
}
