import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { OnceShape, ReadyShape, ReplayShape, StartShape } from "../src/cli/machine-types.ts";
import { kendallTauB } from "./kendall.ts";
import { storedRow } from "./stored-row.ts";

/**
 * `npm start`: the whole way on this machine alone. Starts the localnet as a process of its own, runs whole cycles on it with
 * the command line anyone would use, replays what was sealed, and says how it went.
 */
const MAIN = resolve(import.meta.dirname, "../src/main.ts");
const DIR = resolve(import.meta.dirname, "../.touchstone/demo");
const CYCLES = 2;
const TEMPO = 60;
const POLL_MS = 250;

interface Truth {
  readonly uid: number;
  readonly quality: number;
  readonly kind: string;
}

const json = process.argv.includes("--json");
const seedAt = process.argv.indexOf("--seed");
const seed = seedAt === -1 ? "1" : (process.argv[seedAt + 1] ?? "1");
const began = performance.now();

/** The configuration of the localnet alone decides: an operator's own wallet and key stay out of it. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(BT_|CHUTES_)/.test(name)));

function say(text: string): void {
  (json ? process.stderr : process.stdout).write(`${text}\n`);
}

/** Runs a touchstone command to its end and returns the document on its last line of stdout. */
async function touchstone<T>(...args: readonly string[]): Promise<T> {
  // Progress is for a terminal; elsewhere the tables below say enough.
  const quiet = process.stderr.isTTY ? [] : ["--quiet"];
  const child = spawn(process.execPath, [MAIN, ...args, "--json", ...quiet], {
    stdio: ["ignore", "pipe", "inherit"],
    env,
  });
  let last = "";
  for await (const line of createInterface({ input: child.stdout })) last = line;
  const code = child.exitCode ?? (await new Promise<number | null>((done) => child.once("exit", done)));
  if (last === "") throw new Error(`touchstone ${args[0] ?? ""} ended with ${code} and said nothing`);
  const document = JSON.parse(last) as T & { readonly error?: { readonly message: string; readonly remedy: string } };
  if (document.error !== undefined) throw new Error(`${document.error.message} ${document.error.remedy}`);
  return document;
}

async function startNet(): Promise<{ readonly process: ChildProcess; readonly ready: ReadyShape }> {
  const args = ["localnet", "--seed", seed, "--tempo", String(TEMPO), "--dir", DIR, "--json"];
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "inherit"], env });
  for await (const line of createInterface({ input: child.stdout })) {
    return { process: child, ready: JSON.parse(line) as ReadyShape };
  }
  throw new Error("the localnet ended before it was ready");
}

async function get<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

/** Blocks of the following epoch in which the chain opens a commit at the latest, when all goes well. */
const REVEAL_BLOCKS = 20;

/** Whether the row on chain becomes that of a report: a timelocked commit is opened in the first blocks of the next epoch. */
async function landed({ node, control, netuid }: ReadyShape, report: OnceShape): Promise<boolean> {
  const due = report.block + TEMPO + REVEAL_BLOCKS;
  // Miners are every uid but the own one.
  const own = report.miners.findIndex(({ uid }, at) => uid !== at);
  const uid = own === -1 ? report.miners.length : own;
  const { uids, values } = report.weights;
  const wanted = uids.map((one, at) => [one, values[at] ?? 0]).filter(([, value]) => value !== 0);
  for (;;) {
    const row = (await storedRow(node, netuid, uid)).filter(([, value]) => value !== 0);
    if (JSON.stringify(row) === JSON.stringify(wanted)) return true;
    const { block } = await get<{ readonly block: number }>(`${control}/ledger`);
    if (block > due) return false;
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

/** Until the chain is in another epoch than that of the given snapshot, and that is final. */
async function nextEpoch(control: string, block: number): Promise<void> {
  for (;;) {
    const ledger = await get<{ readonly block: number }>(`${control}/ledger`);
    if (ledger.block >= block + TEMPO + 4) return;
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

function describe(report: OnceShape, truth: ReadonlyMap<number, Truth>): void {
  const { kind, state, block, reason } = report.submission;
  say(
    `epoch ${report.epoch}: weights ${kind}, ${state}${block === undefined ? "" : ` in block ${block}`}${reason === undefined ? "" : ` (${reason})`}`,
  );
  const weights = new Map(report.weights.uids.map((uid, index) => [uid, report.weights.values[index] ?? 0]));
  say("  uid  kind     quality   score  weight  answered  missed  reason");
  for (const miner of report.miners.toSorted((a, b) => (b.score ?? -99) - (a.score ?? -99))) {
    const { kind: minerKind = "-", quality = 0 } = truth.get(miner.uid) ?? {};
    const score = miner.score === null ? "-" : miner.score.toFixed(2);
    say(
      `  ${String(miner.uid).padStart(3)}  ${minerKind.padEnd(8)} ${quality.toFixed(2).padStart(6)}  ${score.padStart(6)}  ${String(weights.get(miner.uid) ?? 0).padStart(6)}  ${String(miner.answered).padStart(8)}  ${String(miner.missed).padStart(6)}  ${miner.reason ?? ""}`,
    );
  }
}

function correlation(report: OnceShape, truth: ReadonlyMap<number, Truth>): number | null {
  const fair = report.miners.filter(({ uid, score }) => {
    const kind = truth.get(uid)?.kind;
    return score !== null && kind !== "copy" && kind !== "inject";
  });
  return kendallTauB(
    fair.map((miner) => miner.score ?? 0),
    fair.map((miner) => truth.get(miner.uid)?.quality ?? 0),
  );
}

async function demo(): Promise<StartShape> {
  rmSync(DIR, { recursive: true, force: true });
  const net = await startNet();
  try {
    say(`localnet ready in ${net.ready.seconds} s: node ${net.ready.node}, Chutes ${net.ready.chutes}`);
    const entries = await get<readonly Truth[]>(`${net.ready.control}/truth`);
    const truth = new Map(entries.map((entry) => [entry.uid, entry]));
    const reports: OnceShape[] = [];
    let weightsSet = 0;
    for (let cycle = 0; cycle < CYCLES; cycle += 1) {
      const former = reports.at(-1);
      if (former !== undefined) {
        await nextEpoch(net.ready.control, former.block);
        weightsSet += (await landed(net.ready, former)) ? 1 : 0;
      }
      const report = await touchstone<OnceShape>("once", "--config", net.ready.config);
      describe(report, truth);
      reports.push(report);
    }
    const bundles = reports.map((report) => report.bundle);
    const replayed = await touchstone<ReplayShape>("replay", ...bundles);
    const last = reports.at(-1);
    if (last?.submission.kind === "timelocked") say("waiting for the epoch in which the last commit is opened");
    weightsSet += last !== undefined && (await landed(net.ready, last)) ? 1 : 0;
    return {
      cycles: reports.length,
      rankCorrelation: last === undefined ? null : correlation(last, truth),
      weightsSet,
      replayed: replayed.bundles.length,
      verified: replayed.bundles.filter(({ result }) => result === "verified").length,
      bundles,
      seconds: Math.round(performance.now() - began) / 1000,
    };
  } finally {
    net.process.kill("SIGTERM");
  }
}

const summary = await demo();
say(
  [
    "",
    `${summary.cycles} cycles sealed, ${summary.weightsSet} weight vectors on chain and read back, ${summary.verified} of ${summary.replayed} bundles verified by replay`,
    `rank correlation of scores and the miners' hidden quality (Kendall τ-b): ${summary.rankCorrelation?.toFixed(2) ?? "undefined"}`,
    ...summary.bundles.map((bundle) => `bundle: ${bundle}`),
    `read one: zstd -dc ${summary.bundles[0] ?? "BUNDLE"} | jq .record.kind`,
    `${summary.seconds} s in all`,
  ].join("\n"),
);
if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
process.exitCode = summary.verified === summary.replayed && summary.weightsSet === summary.cycles ? 0 : 1;
