import { describe, expect, test, vi } from "vitest";
import { type ChainConnection, type ConnectOptions, connectChain } from "../../../src/adapters/chain/connection.ts";
import { Endpoints } from "../../../src/adapters/chain/endpoints.ts";
import { RequestBudget } from "../../../src/adapters/chain/request-budget.ts";
import { RpcSocket } from "../../../src/adapters/chain/rpc-socket.ts";
import { weightSubmitter } from "../../../src/adapters/chain/submitter.ts";
import { isFault } from "../../../src/core/model/fault.ts";
import type { SettleFacts, SubmissionPlan } from "../../../src/ports/chain.ts";
import { SILENT, type Telemetry } from "../../../src/ports/telemetry.ts";
import { goBetween } from "./go-between.ts";
import { GENESIS, RawFrame, scriptedNode } from "./scripted-node.ts";
import { minerKey, NETUID, planFor, SIGNAL, type World, world } from "./world.ts";

/** What a lying, slow or hostile other side must not lead to: two accepted extrinsics, a missed epoch, the end of the service. */

async function connected(endpoints: readonly string[], more: Partial<ConnectOptions> = {}): Promise<ChainConnection> {
  const connection = await connectChain({
    endpoints,
    expectedGenesis: null,
    signal: SIGNAL,
    telemetry: SILENT,
    requestsPerMinute: 1_000_000,
    ...more,
    times: { silenceMs: 1_000_000, probeMs: 200, checkMs: 1_000_000, ...more.times },
  });
  if (isFault(connection)) throw new Error(connection.message);
  return connection;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

function heard(): { readonly telemetry: Telemetry; readonly names: string[] } {
  const names: string[] = [];
  return { names, telemetry: { event: (_level, name) => void names.push(name), progress: () => undefined } };
}

test("a commit of somebody else for a round that no number holds does not keep ours from being made", async () => {
  await using here = await world({ commitReveal: true });
  const connection = await here.connect();
  const plan = planFor(await here.observe(connection));
  here.node.setStorage({
    item: "SubtensorModule.TimelockedWeightCommits",
    keys: [NETUID, plan.cycle.epoch],
    value: [[minerKey("a"), here.node.height(), new Uint8Array([1, 2]), 2n ** 64n - 1n]],
  });
  await here.node.advance(1);
  const submitter = weightSubmitter(connection, here.signer);
  const outcome = await submitter.submit(
    plan,
    async ({ state }) => {
      if (state === "broadcast") await here.node.advance(8);
    },
    SIGNAL,
  );
  expect(outcome).toMatchObject({ kind: "timelocked", state: "reflected" });
});

test("a refusal that comes after the same bytes were handed over again proves nothing: no second one is signed", async () => {
  await using here = await world();
  await using gate = await goBetween(here.node.url);
  await using connection = await connected([gate.url]);
  here.node.setHyperparameter("WeightsSetRateLimit", 0);
  await here.node.advance(1);
  const plan = planFor(await here.observe(connection));
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: refuse, resolve: answer } = Promise.withResolvers<void>();
  gate.between(async ({ method }, pass) => {
    if (method !== "author_submitAndWatchExtrinsic") return pass();
    ask();
    await refuse;
    return { error: { code: 1016, message: "Immediately Dropped" } };
  });
  const outcome = weightSubmitter(connection, here.signer).submit(plan, () => Promise.resolve(), SIGNAL);
  await asked;
  for (let block = 0; block < 8; block += 1) {
    await here.node.advance(1);
    await connection.heads.ask(SIGNAL);
    for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
  }
  answer();
  const first = await outcome;
  // Whoever is told that nothing is open may sign anew.
  const landed = here.node.ledger().extrinsics.length;
  expect({ open: first.kind === "failed" && first.open, landed }).toEqual({ open: false, landed: 0 });
});

test("what the block said counts more than a gateway that called the hash banned: made anew the other way", async () => {
  await using here = await world();
  await using gate = await goBetween(here.node.url);
  await using connection = await connected([gate.url]);
  const plan = planFor(await here.observe(connection));
  let handed = 0;
  gate.between(async ({ method }, pass) => {
    const reply = await pass();
    if (method !== "author_submitAndWatchExtrinsic") return reply;
    handed += 1;
    return handed > 1 ? reply : { error: { code: 1012, message: "Transaction is temporarily banned" } };
  });
  const submitter = weightSubmitter(connection, here.signer, { lookMs: 20 });
  let switched = false;
  const outcome = submitter.submit(
    plan,
    ({ state }) => {
      if (state === "signed" && !switched) here.node.setHyperparameter("CommitRevealWeightsEnabled", true);
      switched = true;
      return Promise.resolve();
    },
    SIGNAL,
  );
  await until(() => handed > 0);
  await here.node.advance(8);
  await until(() => handed > 1);
  await here.node.advance(8);
  expect(await outcome).toMatchObject({ kind: "timelocked", state: "reflected" });
  expect(here.node.ledger().extrinsics.map(({ result }) => result)).toEqual(["CommitRevealEnabled", "ok"]);
});

describe("a node that answers for another height", () => {
  test("hides no block: the weights in it are found", async () => {
    await using here = await world();
    await using gate = await goBetween(here.node.url);
    await using connection = await connected([gate.url]);
    const plan = planFor(await here.observe(connection));
    let lies = 0;
    const outcome = await weightSubmitter(connection, here.signer, { lookMs: 20 }).submit(
      plan,
      async ({ state }) => {
        if (state !== "broadcast") return;
        await here.node.advance(1);
        const block = here.node.height();
        gate.between(({ method, params }, pass) => {
          if (method !== "chain_getBlockHash" || params[0] !== block || lies > 0) return pass();
          lies += 1;
          return connection.socket
            .request("chain_getBlockHash", [block - 1])
            .then((result): { readonly result: unknown } => ({ result }));
        });
        await here.node.advance(30);
      },
      SIGNAL,
    );
    expect(outcome).toMatchObject({ kind: "direct", state: "reflected" });
  });

  test("hides no block of the past either", async () => {
    await using here = await world();
    const plan = planFor(await here.observe(await here.connect()));
    const known = await killedAfterBroadcast(here, plan);
    await here.node.advance(1);
    const block = here.node.height();
    await here.node.advance(8);
    await using gate = await goBetween(here.node.url);
    await using connection = await connected([gate.url]);
    let lies = 0;
    gate.between(({ method, params }, pass) => {
      if (method !== "chain_getBlockHash" || params[0] !== block || lies > 0) return pass();
      lies += 1;
      return connection.socket
        .request("chain_getBlockHash", [block - 1])
        .then((result): { readonly result: unknown } => ({ result }));
    });
    const outcome = weightSubmitter(connection, here.signer, { lookMs: 20 }).settle(plan, known, SIGNAL);
    await until(() => lies > 0);
    expect(await outcome).toMatchObject({ kind: "direct", state: "reflected", block: { number: block } });
  });
});

async function killedAfterBroadcast(here: World, plan: SubmissionPlan, at = "broadcast"): Promise<SettleFacts> {
  const kill = new AbortController();
  let known: SettleFacts | undefined;
  const connection = await here.connect();
  const submission = weightSubmitter(connection, here.signer).submit(
    plan,
    ({ state, ...facts }) => {
      const { extrinsic = null, eraBirth = null, eraPeriod = null, call = null, bytes = null } = facts;
      const { resolved = null, commit = null } = facts;
      known ??= { state, extrinsic, eraBirth, eraPeriod, call, resolved, commit, again: bytes };
      if (state !== at) return Promise.resolve();
      kill.abort(new Error("killed"));
      return Promise.reject(new Error("killed"));
    },
    kill.signal,
  );
  await expect(submission).rejects.toThrow("killed");
  await connection[Symbol.asyncDispose]();
  if (known === undefined) throw new Error("nothing was signed");
  return known;
}

test("a former process's weights are handed over also when the first look at the chain fails", async () => {
  await using here = await world();
  const plan = planFor(await here.observe(await here.connect()));
  const known = await killedAfterBroadcast(here, plan, "signed");
  await using gate = await goBetween(here.node.url);
  await using connection = await connected([gate.url]);
  let refused = 0;
  gate.between((asked, pass) => {
    if (asked.method !== "chain_getFinalizedHead" || refused > 0) return pass();
    refused += 1;
    return Promise.resolve({ error: { code: -32_603, message: "busy" } });
  });
  const outcome = weightSubmitter(connection, here.signer, { lookMs: 20 }).settle(plan, known, SIGNAL);
  await until(
    () =>
      (here.node.ledger().rpc["chain_getBlock"] ?? 0) > 0 ||
      (here.node.ledger().rpc["author_submitExtrinsic"] ?? 0) > 0,
  );
  for (let turn = 0; turn < 500; turn += 1) await new Promise(setImmediate);
  await here.node.advance(30);
  expect(await outcome).toMatchObject({ kind: "direct", state: "reflected", extrinsic: known.extrinsic });
  expect(refused).toBe(1);
});

test("a mechanism that is gone when the weights would be handed again ends nothing", async () => {
  await using here = await world();
  const { telemetry, names } = heard();
  await using connection = await connected([here.node.url], { telemetry });
  here.node.setHyperparameter("MechanismCountCurrent", 2);
  await here.node.advance(4);
  const seen = await here.observe(connection);
  const plan = { ...planFor(seen), cycle: { netuid: NETUID, mechid: 1, epoch: seen.epochState.index } };
  const known = await killedAfterBroadcast(here, plan, "signed");
  here.node.setHyperparameter("MechanismCountCurrent", 1);
  await here.node.advance(1);
  const outcome = weightSubmitter(connection, here.signer, { lookMs: 20 }).settle(plan, known, SIGNAL);
  await until(() => names.includes("weights.not-handed-again"));
  await here.node.advance(30);
  expect(await outcome).toMatchObject({ kind: "failed", open: false });
});

test("a node that comes up and breaks each time is left for one that stays", async () => {
  await using first = await world();
  await using second = await world();
  await using gate = await goBetween(first.node.url);
  await using connection = await connected([gate.url, second.node.url], { times: { silenceMs: 400, probeMs: 200 } });
  await second.node.advance(3);
  gate.between(({ method }, pass) => {
    if (method !== "chain_subscribeFinalizedHeads") return pass();
    gate.cut();
    return new Promise(() => undefined);
  });
  gate.cut();
  await until(() => connection.heads.height >= second.node.finalized());
  expect(await connection.request("chain_getBlockHash", [second.node.height()], SIGNAL)).toBeTypeOf("string");
}, 20_000);

test("a node that is behind is asked for its own head, not for that of the one before", async () => {
  await using first = await world();
  await using second = await world();
  await using gate = await goBetween(first.node.url);
  await first.node.advance(12);
  await second.node.advance(3);
  await using connection = await connected([gate.url, second.node.url]);
  expect((await connection.heads.latest(SIGNAL)).finalized).toBe(first.node.finalized());
  await first.node[Symbol.asyncDispose]();
  gate.cut();
  const { promise: announced, resolve } = Promise.withResolvers<void>();
  await until(() => (second.node.ledger().rpc["chain_subscribeFinalizedHeads"] ?? 0) > 0);
  await connection.socket.subscribe("chain_finalizedHead", "chain_subscribeFinalizedHeads", [], (error, header) => {
    if (error === null && Number((header as { number: string }).number) === second.node.finalized()) resolve();
  });
  await second.node.advance(1);
  await announced;
  expect((await connection.heads.latest(SIGNAL)).finalized).toBe(second.node.finalized());
});

test("a connection that fails half-way leaves nothing running", async () => {
  await using here = await world();
  await using gate = await goBetween(here.node.url, ({ method }, pass) =>
    method === "chain_subscribeFinalizedHeads" ? Promise.resolve({ error: { code: -32_601, message: "no" } }) : pass(),
  );
  using begun = vi.spyOn(globalThis, "setInterval");
  using ended = vi.spyOn(globalThis, "clearInterval");
  const options = { endpoints: [gate.url], expectedGenesis: null, signal: SIGNAL, telemetry: SILENT };
  expect(await connectChain(options)).toMatchObject({ code: "chain-unreachable" });
  const stopped = ended.mock.calls.map(([timer]) => timer);
  // The library's sign of life every ten seconds; its shorter ones end by themselves.
  const lasting = begun.mock.results.filter((_, call) => (begun.mock.calls[call]?.[1] ?? 0) >= 10_000);
  expect(lasting).toHaveLength(1);
  expect(stopped).toContain(lasting[0]?.value);
});

test("one false word about the runtime's version does not have tables loaded for ever", async () => {
  await using here = await world();
  await using gate = await goBetween(here.node.url);
  await using connection = await connected([gate.url], { tablesRetryMs: 1 });
  let lies = 0;
  let loads = 0;
  gate.between(async ({ method, params }, pass) => {
    if (method === "state_call" && params[0] === "Metadata_metadata_at_version") loads += 1;
    const reply = await pass();
    if (method !== "state_getRuntimeVersion" || params.length === 0 || lies > 0 || !("result" in reply)) return reply;
    lies += 1;
    return { result: { ...(reply.result as object), specVersion: 1_000_000 } };
  });
  await connection.request("state_getRuntimeVersion", [await connection.heads.hash(SIGNAL)], SIGNAL);
  await until(() => loads > 0);
  for (let time = 0; time < 500; time += 1) await connection.request("chain_getBlockHash", [0], SIGNAL);
  expect(loads).toBe(1);
}, 20_000);

test("a gateway that refuses without a request's number is left alone for as long as it asks", async () => {
  await using node = await scriptedNode({
    chain_getBlockHash: () => GENESIS,
    busy: () =>
      new RawFrame('{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"slow","data":{"retry_after":90}}}'),
  });
  const endpoints = new Endpoints({ urls: [node.url], isPublic: () => true });
  const socket = new RpcSocket({ endpoints, requestMs: 200, telemetry: SILENT });
  await socket.open();
  const lost = socket.request("busy", []);
  await expect(lost).rejects.toMatchObject({ name: "LinkError" });
  expect(Math.round(endpoints.restMs() / 1000)).toBe(90);
  await expect(socket.request("chain_getBlockHash", [0])).rejects.toMatchObject({ name: "PolicyError" });
  socket.close();
});

test("what cannot wait owes ten seconds at most", () => {
  let now = 0;
  const budget = new RequestBudget(60, () => now);
  for (let time = 0; time < 10_000; time += 1) budget.spend();
  expect(budget.waitMs()).toBeLessThanOrEqual(11_000);
  now = 11_000;
  expect(budget.take()).toBe(true);
});

test("a gateway that offers no watch gets the weights all the same", async () => {
  await using here = await world();
  await using gate = await goBetween(here.node.url, ({ method }, pass) =>
    method === "author_submitAndWatchExtrinsic"
      ? Promise.resolve({ error: { code: -32_601, message: "Method not found" } })
      : pass(),
  );
  await using connection = await connected([gate.url]);
  const plan = planFor(await here.observe(connection));
  const outcome = await weightSubmitter(connection, here.signer, { lookMs: 20 }).submit(
    plan,
    async ({ state }) => {
      if (state === "broadcast") await here.node.advance(8);
    },
    SIGNAL,
  );
  expect(outcome).toMatchObject({ kind: "direct", state: "reflected" });
});

test("a dispute with a gateway that may not be asked for an hour keeps nothing from being signed", async () => {
  await using here = await world();
  await using other = await goBetween(here.node.url);
  await using liar = await goBetween(here.node.url, ({ method, params }, pass) =>
    method === "chain_getFinalizedHead" || (method === "chain_getBlockHash" && params[0] !== 0)
      ? Promise.resolve({ result: `0x${"1b".repeat(32)}` })
      : method === "chain_getHeader"
        ? Promise.resolve({ result: { number: "0x5" } })
        : pass(),
  );
  await using busy = await goBetween(here.node.url);
  await using connection = await connected([here.node.url, other.url, liar.url, busy.url], {
    isPublic: (url) => url === liar.url || url === busy.url,
    times: { checkMs: 12 },
  });
  await until(() => connection.disagreement !== null);
  busy.between(() => Promise.resolve({ error: { code: -32_005, message: "slow", data: { retry_after: 3_600 } } }));
  await until(() => connection.disagreement === null);
  await connection.heads.ask(SIGNAL);
  expect(connection.disagreement).toBeNull();
});

test("a stop at any moment is a rejection of what was asked for, and of nothing else", async () => {
  await using here = await world({ commitReveal: true });
  await using gate = await goBetween(here.node.url);
  here.node.setHyperparameter("WeightsSetRateLimit", 0);
  await here.node.advance(1);
  for (let most = 1; most < 40; most += 3) {
    await using connection = await connected([gate.url]);
    const plan = planFor(await here.observe(connection));
    const stop = new AbortController();
    let asked = 0;
    gate.between((_asked, pass) => {
      asked += 1;
      if (asked === most) stop.abort(new Error("stopped"));
      if (asked % 7 === 0) gate.cut();
      return pass();
    });
    const outcome = weightSubmitter(connection, here.signer, { lookMs: 5 }).submit(
      plan,
      async () => here.node.advance(1).then(() => undefined),
      stop.signal,
    );
    await outcome.catch((error: unknown) => expect(error).toMatchObject({ message: "stopped" }));
    gate.between((_asked, pass) => pass());
  }
});

test("one false head far in the future is not believed, and a true one after a long silence is", async () => {
  await using here = await world();
  await using gate = await goBetween(here.node.url);
  let feed: unknown;
  gate.between(async ({ method }, pass) => {
    const reply = await pass();
    if (method === "chain_subscribeFinalizedHeads" && "result" in reply) feed = reply.result;
    return reply;
  });
  await using connection = await connected([gate.url], { times: { silenceMs: 400, probeMs: 200 } });
  const header = (await connection.request("chain_getHeader", [], SIGNAL)) as object;
  gate.notify("chain_finalizedHead", feed, { ...header, number: "0xffffff" });
  await connection.request("chain_getBlockHash", [0], SIGNAL);
  expect(connection.heads.height).toBe(here.node.finalized());
  gate.cut();
  await here.node.advance(200);
  await until(() => connection.heads.height === here.node.finalized());
});
