import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { localRuntime } from "../../src/localnet/metadata/registry.ts";
import { startNode } from "../../src/localnet/node/node.ts";

/**
 * A simulated node with as many miners as asked for, each with a commitment; and before it a gate that counts waves: it holds
 * back every answer until no more requests come, then lets them all through. What is asked after that depended on an answer.
 */
const QUIET_MS = 60;
const miners = Number(process.argv[2] ?? "256");
const key = (name: string): Uint8Array => new Uint8Array(createHash("sha256").update(name).digest());
const claim = new TextEncoder().encode(
  JSON.stringify({
    v: 1,
    model: "local_0001/Slate-7B-00ff",
    revision: "a".repeat(40),
    chute_id: "398651e1-5f85-5e50-a513-7c5324e8e839",
  }),
);
const node = await startNode({
  seed: 1,
  runtime: localRuntime({ blockMs: 250 }),
  netuid: 2,
  tempo: 60,
  commitReveal: false,
  validator: { publicKey: key("validator"), stakeRao: 10n ** 13n },
  miners: Array.from({ length: miners - 1 }, (_, at) => ({
    publicKey: key(`miner ${at}`),
    commitment: claim,
    commitmentBlock: 1 + (at % 50),
  })),
  blockMs: 250,
  finalityLag: 3,
  virtual: true,
  port: 0,
});

let waves = 0;
const gate = new WebSocketServer({ host: "127.0.0.1", port: 0 });
gate.on("connection", (client) => {
  const upstream = new WebSocket(node.url);
  const opened = new Promise((done) => upstream.once("open", done));
  const held: string[] = [];
  let unanswered = 0;
  let last = 0;
  let watching = false;
  const watch = async (): Promise<void> => {
    watching = true;
    while (unanswered > 0 || performance.now() - last < QUIET_MS) await pause(QUIET_MS / 4);
    watching = false;
    waves += 1;
    for (const answer of held.splice(0)) client.send(answer);
  };
  client.on("message", (data: RawData) => {
    last = performance.now();
    unanswered += 1;
    void opened.then(() => upstream.send(textOf(data)));
    if (!watching) void watch();
  });
  upstream.on("message", (data: RawData) => {
    unanswered -= 1;
    held.push(textOf(data));
  });
  client.on("close", () => upstream.close());
});
await new Promise<void>((done) => gate.once("listening", () => done()));
const address = gate.address();
const port = typeof address === "object" && address !== null ? address.port : 0;
process.stdout.write(`${JSON.stringify({ node: node.url, gate: `ws://127.0.0.1:${port}`, genesis: node.genesis })}\n`);
for await (const _ of process.stdin) process.stdout.write(`${JSON.stringify({ waves })}\n`);
process.exit();

function textOf(data: RawData): string {
  return Buffer.from(data as Buffer).toString("utf8");
}
