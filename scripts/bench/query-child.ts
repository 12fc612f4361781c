import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, request } from "undici";
import { chutesPlatform } from "../../src/adapters/chutes/platform.ts";
import { openJournal } from "../../src/adapters/journal/sqlite-journal.ts";
import { systemClock } from "../../src/adapters/system/system-clock.ts";
import { systemEntropy } from "../../src/adapters/system/system-entropy.ts";
import type { Miners, Question } from "../../src/ports/miners.ts";
import type { Signer } from "../../src/ports/signer.ts";
import { SILENT } from "../../src/ports/telemetry.ts";

/**
 * CPU of this process for queries as the validator makes them and for bare POSTs of the same bytes, in turn, after a round
 * of both that does not count. Signing is apart: the signer here hands out the same bytes for nothing.
 */
export interface QueryRound {
  /** Microseconds of CPU a query: built, sent, parsed. */
  readonly adapter: number;
  /** The same, announced and recorded in the journal. */
  readonly recorded: number;
  /** Through `undici.request`, the body taken whole. */
  readonly bare: number;
  /** Through a handler of undici's own callbacks that keeps the pieces: nothing in undici does less. */
  readonly callbacks: number;
}

const [url = "", form = "json", rounds = "5", count = "1000"] = process.argv.slice(2);
const path = `/${form}`;
const LANES = 16;
const signal = new AbortController().signal;
const hotkey = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
const signer: Signer = {
  hotkey,
  publicKey: `0x${"00".repeat(32)}`,
  cryptoType: "sr25519",
  wellKnown: false,
  sign: () => `0x${"00".repeat(64)}`,
};
await using platform = chutesPlatform({
  config: {
    apiKeyFile: null,
    api: url,
    llm: url,
    invoke: url,
    domain: "chutes.ai",
    signing: "epistula-v2",
    requestsPerMinute: 100_000_000,
    concurrency: LANES,
  },
  limits: {
    requests: 100_000_000,
    microUsd: 1_000_000,
    answerMs: 120_000,
    judgeMs: 110_000,
    idleMs: 90_000,
    catalogueMs: 100_000,
    attempts: 3,
    answerBytes: 65_536,
  },
  apiKey: `cpk_${"a".repeat(32)}.${"b".repeat(32)}.${"C".repeat(32)}`,
  signer,
  netuid: 2,
  clock: systemClock(),
  entropy: systemEntropy(),
  telemetry: SILENT,
});
const agent = new Agent({ pipelining: 1, connections: LANES });
const folder = mkdtempSync(join(tmpdir(), "touchstone-bench-"));
const journal = await openJournal({ folder, mode: "once" });
const log = await journal.open({ netuid: 2, mechid: 0, epoch: 1 }, () => `0x${"11".repeat(32)}`);
let serial = 0;

function question(uid: number, taskId: string): Question {
  const target = {
    chuteId: "ac059e33-eb27-541c-b9a9-24b214036475",
    slug: "miner-model",
    path,
    stream: form !== "json",
    model: "miner/model",
    version: null,
  };
  const prompt = "Start with 600. Add 7. What is the result? Write it in digits on the last line of your answer.";
  return { uid, hotkey, target, taskId, prompt, maxTokens: 512, temperature: 0, seed: 5 };
}

async function answered(miners: Miners): Promise<void> {
  const outcome = await miners.answer(question(3, "t00"), signal);
  if (!outcome.answered) throw new Error(outcome.fault.message);
}

async function recorded(): Promise<void> {
  const taskId = `t${serial++}`;
  await log.announce(`ask/3/${taskId}`);
  const outcome = await platform.miners.answer(question(3, taskId), signal);
  await log.append({ kind: "response", parents: [], uid: 3, taskId, outcome });
}

/** What ours sends, headers and all, as a constant. */
const body = JSON.stringify({
  model: "miner/model",
  messages: [{ role: "user", content: question(3, "t00").prompt }],
  max_tokens: 512,
  temperature: 0,
  seed: 5,
  stream: form !== "json",
});
const headers = {
  authorization: `Bearer cpk_${"a".repeat(98)}`,
  accept: form === "json" ? "application/json" : "text/event-stream",
  "content-type": "application/json",
  host: "miner-model.chutes.ai",
  "epistula-version": "2",
  "epistula-timestamp": "1790000000000",
  "epistula-uuid": "00000000-0000-4000-8000-000000000000",
  "epistula-signed-by": hotkey,
  "epistula-signed-for": hotkey,
  "epistula-request-signature": `0x${"00".repeat(64)}`,
  "epistula-secret-signature-0": `0x${"00".repeat(64)}`,
  "epistula-secret-signature-1": `0x${"00".repeat(64)}`,
  "epistula-secret-signature-2": `0x${"00".repeat(64)}`,
};

async function bare(): Promise<void> {
  const response = await request(`${url}${path}`, { method: "POST", headers, body, dispatcher: agent });
  await response.body.bytes();
}

function callbacks(): Promise<void> {
  return new Promise((done, fail) => {
    const pieces: Buffer[] = [];
    agent.dispatch(
      { origin: url, path, method: "POST", headers, body },
      {
        onRequestStart: () => undefined,
        onResponseStart: () => undefined,
        onResponseData: (_controller, piece) => pieces.push(piece),
        onResponseEnd: () => {
          Buffer.concat(pieces);
          done();
        },
        onResponseError: (_controller, error) => fail(error),
      },
    );
  });
}

/** Microseconds of CPU for each of `many`, LANES at a time. */
async function cost(one: () => Promise<void>, many: number): Promise<number> {
  globalThis.gc?.();
  const before = process.cpuUsage();
  let left = many;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / many;
}

const kinds = { adapter: () => answered(platform.miners), recorded, bare, callbacks } as const;
const order = ["adapter", "recorded", "bare", "callbacks"] as const;
const found: QueryRound[] = [];
for (let round = -1; round < Number(rounds); round += 1) {
  const costs: Record<string, number> = {};
  const turn = Math.abs(round) % order.length;
  for (const kind of [...order.slice(turn), ...order.slice(0, turn)])
    costs[kind] = await cost(kinds[kind], Number(count));
  if (round >= 0) found.push(costs as unknown as QueryRound);
}
await journal.close();
await agent.destroy();
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify(found)}\n`);
