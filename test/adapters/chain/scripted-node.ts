import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { toHex } from "../../../src/core/determinism/digest.ts";

/**
 * A node that answers what a test tells it to: for what no honest node does, and for real metadata. Everything an honest node
 * does is tried on the simulated one.
 */
export type Script = Readonly<Record<string, (params: readonly unknown[]) => unknown>>;

/** Answers that are sent as they are, whole or broken, in place of a JSON-RPC response. */
export class RawFrame {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** No answer at all. */
export const SILENCE: unique symbol = Symbol("silence");
/** The link is cut. */
export const CUT: unique symbol = Symbol("cut");

export interface ScriptedNode extends AsyncDisposable {
  readonly url: string;
  readonly calls: string[];
  /** Replaces or adds answers. */
  script(more: Script): void;
  /** What the script answers to a method now. */
  answer(method: string): unknown;
  /** A notification to everybody connected. */
  notify(method: string, subscription: string, result: unknown): void;
  /** Closes every link with that code. */
  hangUp(code: number): void;
}

export const GENESIS: string = `0x${"ab".repeat(32)}`;
export const FINNEY = "0x2f0555cc76fc2840a25a6ea3b9637146806f1f44b090c175ffde2a7e5ab36c03";
const HEADER = {
  number: "0x10",
  parentHash: GENESIS,
  stateRoot: GENESIS,
  extrinsicsRoot: GENESIS,
  digest: { logs: [] },
};

/** Enough of a node for a connection; `metadata` is version 15. */
export function basics(options: {
  metadata: Uint8Array;
  specVersion: number;
  genesis?: string;
  chain?: string;
}): Script {
  const version = {
    specName: "node-subtensor",
    implName: "node-subtensor",
    authoringVersion: 1,
    specVersion: options.specVersion,
    implVersion: 1,
    apis: [["0x37e397fc7c91f5e4", 2]],
    transactionVersion: 1,
    stateVersion: 1,
  };
  return {
    chain_getBlockHash: () => options.genesis ?? GENESIS,
    chain_getHeader: () => HEADER,
    chain_getFinalizedHead: () => GENESIS,
    chain_subscribeFinalizedHeads: () => "finalized",
    state_getRuntimeVersion: () => version,
    state_subscribeRuntimeVersion: () => "runtime",
    system_chain: () => options.chain ?? "Scripted localnet",
    system_properties: () => ({ ss58Format: 42, tokenDecimals: 9, tokenSymbol: "TAO" }),
    system_health: () => ({ peers: 0, isSyncing: false, shouldHavePeers: false }),
    rpc_methods: () => ({ methods: [] }),
    state_call: ([name]) =>
      name === "Metadata_metadata_versions" ? "0x080e0000000f000000" : optionalBytes(options.metadata),
  };
}

function optionalBytes(bytes: Uint8Array): string {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length * 4 + 2);
  return `0x01${length.toString("hex")}${toHex(bytes).slice(2)}`;
}

/** Real metadata of a subtensor runtime, null where this machine has none. */
export function realMetadata(file: string): Uint8Array | null {
  const folder = process.env["SUBTENSOR_METADATA_DIR"];
  return folder === undefined || folder === "" ? null : new Uint8Array(readFileSync(join(folder, file)));
}

export async function scriptedNode(first: Script): Promise<ScriptedNode> {
  let script = first;
  const calls: string[] = [];
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  server.on("connection", (socket) => {
    socket.on("message", (data) => answer(socket, data));
  });
  const answer = (socket: WebSocket, data: RawData): void => {
    const { id, method, params } = JSON.parse((data as Buffer).toString()) as {
      id: number;
      method: string;
      params: unknown[];
    };
    calls.push(method);
    const result = script[method]?.(params);
    if (result === SILENCE) return;
    if (result === CUT) {
      socket.terminate();
      return;
    }
    if (result instanceof RawFrame) {
      socket.send(result.text);
      return;
    }
    const failed = result === undefined || result instanceof Error;
    const code = result instanceof Error && "code" in result ? result.code : -32_601;
    const error = { code, message: result instanceof Error ? result.message : "Method not found" };
    socket.send(JSON.stringify({ jsonrpc: "2.0", id, ...(failed ? { error } : { result }) }));
  };
  await once(server, "listening");
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    script: (more) => {
      script = { ...script, ...more };
    },
    answer: (method) => script[method]?.([]),
    notify: (method, subscription, result) => {
      const note = JSON.stringify({ jsonrpc: "2.0", method, params: { subscription, result } });
      for (const socket of server.clients) socket.send(note);
    },
    hangUp: (code) => {
      for (const socket of server.clients) socket.close(code);
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of server.clients) socket.terminate();
      server.close();
      await once(server, "close");
    },
  };
}
