import { describe, expect, test } from "vitest";
import { buildMetadata } from "../../src/localnet/metadata/build.ts";
import { map } from "../../src/localnet/metadata/notation.ts";
import { defineRuntime } from "../../src/localnet/runtime/definition.ts";
import { recordOf } from "../support/cycle-bench.ts";
import { recordsOf } from "./bundles.ts";
import { LocalnetProcess } from "./processes.ts";
import { Service } from "./service.ts";
import { VirtualRun } from "./virtual-run.ts";

const ORDERS = ["version-first", "head-first"] as const;
const NEW_SPEC = 476;

/** Our runtime, in which an item that every snapshot and every pre-flight reads has become wider: old tables misread it. */
function widerMetadata(): Uint8Array {
  const definition = defineRuntime({ blockMs: 12_000 });
  const pallets = definition.pallets.map((pallet) => {
    if (pallet.name !== "SubtensorModule") return pallet;
    return { ...pallet, storage: { ...pallet.storage, MinAllowedWeights: map([["Identity", "NetUid"]], "u32", 1) } };
  });
  return buildMetadata({ ...definition, pallets });
}

/** Another runtime from the next block on. */
function upgrade(run: VirtualRun, order: (typeof ORDERS)[number] = "version-first"): void {
  run.node.upgrade({ metadata: widerMetadata(), specVersion: NEW_SPEC, order });
}

const specsOf = (run: VirtualRun): readonly number[] =>
  run.sealed.map(({ records }) => recordOf(records, "snapshot").specVersion);

/** Every epoch's weights are there, and the chain was never handed anything that it had to refuse. */
function showWeights(run: VirtualRun): void {
  const submissions = run.sealed.map(({ records }) => recordOf(records, "submission"));
  expect(submissions.map(({ state }) => state)).toEqual(submissions.map(() => "reflected"));
  const { extrinsics, rpc } = run.node.ledger();
  expect(extrinsics.map(({ hash, result }) => [hash, result])).toEqual(
    submissions.map(({ extrinsic }) => [extrinsic, "ok"]),
  );
  expect(rpc["author_submitAndWatchExtrinsic"]).toBe(extrinsics.length);
}

describe("a live upgrade under a running validator", () => {
  test.each(ORDERS)(
    "between two submissions, told %s: the next cycle works on the new runtime",
    async (order) => {
      await using run = await VirtualRun.start();
      await run.until(({ sealed }) => sealed.length === 2);
      upgrade(run, order);
      const calls = run.node.ledger().rpc["state_call"] ?? 0;
      await run.until(({ sealed }) => sealed.length === 4);
      expect(specsOf(run).slice(-2)).toEqual([NEW_SPEC, NEW_SPEC]);
      showWeights(run);
      // Runtime APIs are still there: tables of version 14 would not have them (DESIGN D5).
      expect(run.node.ledger().rpc["state_call"] ?? 0).toBeGreaterThan(calls);
      expect(run.named("runtime-upgraded")).toHaveLength(1);
    },
    60_000,
  );

  test.each(ORDERS)(
    "while a submission is prepared, told %s: nothing is signed for the runtime that was",
    async (order) => {
      await using run = await VirtualRun.start();
      await run.until(({ sealed }) => sealed.length === 1);
      run.onPlan = async () => {
        run.onPlan = async () => undefined;
        // The new tables come late: the upgrade is known, and nothing can be said in the new runtime's language yet.
        run.node.setFaults([{ target: "node", match: "state_call", kind: "delay", value: 300, count: 1 }]);
        upgrade(run, order);
        await run.node.advance(2);
      };
      await run.until(({ sealed }) => sealed.length === 3);
      showWeights(run);
    },
    60_000,
  );

  test.each(ORDERS)(
    "between signature and broadcast, told %s: what the new runtime refuses is signed anew",
    async (order) => {
      await using run = await VirtualRun.start();
      await run.until(({ sealed }) => sealed.length === 1);
      let upgraded = false;
      run.onStep = async (state) => {
        if (state !== "signed" || upgraded) return;
        upgraded = true;
        upgrade(run, order);
        await run.node.advance(2);
      };
      await run.until(({ sealed }) => sealed.length === 3);
      const { extrinsics, rpc } = run.node.ledger();
      expect(extrinsics.map(({ result }) => result)).toEqual(["ok", "ok", "ok"]);
      expect(rpc["author_submitAndWatchExtrinsic"]).toBe(4);
      expect(run.sealed.map(({ records }) => recordOf(records, "submission").state)).toEqual(
        run.sealed.map(() => "reflected"),
      );
    },
    60_000,
  );

  test("while the link is down: it is met after the reconnect, and the next cycle works on the new runtime", async () => {
    await using run = await VirtualRun.start();
    await run.until(({ sealed }) => sealed.length === 2);
    run.relay.cut();
    upgrade(run);
    await run.node.advance(3);
    run.relay.mend();
    const calls = run.node.ledger().rpc["state_call"] ?? 0;
    await run.until(({ sealed }) => sealed.length === 4);
    expect(specsOf(run).slice(-2)).toEqual([NEW_SPEC, NEW_SPEC]);
    showWeights(run);
    expect(run.node.ledger().rpc["state_call"] ?? 0).toBeGreaterThan(calls);
  }, 60_000);
});

describe("run", () => {
  test("goes through an upgrade that the localnet is asked for, without a restart", async () => {
    // Rounds of the beacon are too coarse for epochs of four seconds.
    const flags = ["--miners", "4", "--tempo", "40", "--block-ms", "100", "--commit-reveal", "off"];
    await using net = await LocalnetProcess.start(...flags);
    const service = Service.run(net);
    await service.sealed(1);
    const response = await fetch(`${net.ready.control}/upgrade`, {
      method: "POST",
      body: JSON.stringify({ order: "head-first" }),
    });
    const { specVersion } = (await response.json()) as { readonly specVersion: number };
    const documents = await service.sealed(4);
    expect((await service.end("SIGTERM")).code).toBe(0);
    const specs = documents.slice(0, 4).map(({ bundle }) => recordsOf(bundle).snapshot.specVersion);
    expect([specs[0], specs.at(-1)]).toEqual([specVersion - 1, specVersion]);
    const sent = documents.slice(1, 4).map(({ submission }) => submission.state);
    expect(sent).toEqual(["reflected", "reflected", "reflected"]);
    const { extrinsics } = await net.ledger();
    expect(new Set(extrinsics.map(({ result }) => result))).toEqual(new Set(["ok"]));
  }, 90_000);
});
