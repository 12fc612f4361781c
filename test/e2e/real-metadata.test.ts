import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as Api from "@polkadot/api";
import type { ApiOptions } from "@polkadot/api/types";
import { describe, expect, test } from "vitest";
import type { OnceShape, ReplayShape } from "../../src/cli/machine-types.ts";
import { runtimeFromMetadata } from "../../src/localnet/metadata/registry.ts";
import { recordsOf } from "./bundles.ts";
import { answer, LONG_EPOCH, LocalnetProcess, quickNet, touchstone, until } from "./processes.ts";

const directory = process.env["SUBTENSOR_METADATA_DIR"];
const fileOf = (name: string): string => join(directory ?? "", `subtensor-${name}.scale`);
const NAMES = ["393.v14", "393.v15", "393.v16", "424.v16", "461.v15"] as const;
const found = NAMES.filter((name) => directory !== undefined && existsSync(fileOf(name)));
if (found.length < NAMES.length) {
  const missing = NAMES.filter((name) => !found.includes(name)).join(", ");
  process.stderr.write(`skipped in part: SUBTENSOR_METADATA_DIR has no real metadata ${missing}\n`);
}

const { ApiPromise, WsProvider } = createRequire(import.meta.url)("@polkadot/api") as typeof Api;

/** The library as it comes, not through our adapter. */
async function withLibrary<T>(net: LocalnetProcess, work: (api: Api.ApiPromise) => Promise<T>): Promise<T> {
  const api = await ApiPromise.create({ provider: new WsProvider(net.ready.node), noInitWarn: true } as ApiOptions);
  try {
    return await work(api);
  } finally {
    await api.disconnect();
  }
}

/** Issue "Real metadata": what mainnet served is served over the localnet's state, and the validator works on it. */
describe.skipIf(found.length < NAMES.length)("on the metadata of a real chain", () => {
  test.each(["393.v15", "424.v16", "461.v15"] as const)(
    "%s: one cycle, its weights sealed, opened by the chain and read back, its bundle verified",
    async (name) => {
      await using net = await quickNet("--metadata", fileOf(name));
      const document = answer<OnceShape>(await net.run("once"));
      expect(document.submission).toMatchObject({ kind: "timelocked", state: "reflected" });
      const { snapshot, submission } = recordsOf(document.bundle);
      const ledger = await net.ledger();
      expect(ledger.extrinsics).toMatchObject([
        {
          call: "SubtensorModule.commit_timelocked_mechanism_weights",
          result: "ok",
          hash: document.submission.extrinsic,
          args: { commit: submission.commit?.bytes, reveal_round: String(document.submission.round) },
        },
      ]);
      expect(snapshot.specVersion).toBe(Number(name.slice(0, 3)));
      // None has SubnetEpochConsensus: there is one mode, and nothing is known of another. 393 counts epochs by the block number.
      expect(snapshot.epochState).toMatchObject({ mode: "absent", scheme: name === "393.v15" ? "modulo" : "state" });
      expect(snapshot.neurons.map(({ hotkey }) => hotkey)).toContain(net.ready.hotkey);
      const { bundles } = answer<ReplayShape>(await touchstone(["replay", document.bundle, "--json"]));
      expect(bundles).toMatchObject([{ result: "verified", signature: "verified" }]);
      await net.advance(LONG_EPOCH);
      const row = await withLibrary(net, async (api) =>
        (await api.query["subtensorModule"]!["weights"]!(net.ready.netuid, 0)).toJSON(),
      );
      expect(row).toEqual(document.weights.uids.map((uid, index) => [uid, document.weights.values[index]]));
    },
    60_000,
  );

  test.each(["424.v16", "461.v15"] as const)(
    "%s: `run` commits weights epoch after epoch, one accepted call in each, and drains when it is stopped",
    async (name) => {
      const flags = ["--miners", "4", "--tempo", "60", "--block-ms", "250", "--metadata", fileOf(name)];
      await using net = await LocalnetProcess.start(...flags);
      const running = net.start("run");
      const { extrinsics } = await until(
        () => net.ledger(),
        (ledger) => ledger.extrinsics.length >= 2,
      );
      running.child.kill("SIGTERM");
      expect((await running.finished).code).toBe(0);
      expect(extrinsics.map(({ call, result }) => [call, result])).toEqual(
        extrinsics.map(() => ["SubtensorModule.commit_timelocked_mechanism_weights", "ok"]),
      );
      const epochs = extrinsics.map(({ block }) => Math.floor(block / 60));
      expect(new Set(epochs).size).toBe(epochs.length);
    },
    120_000,
  );

  test.each(NAMES)(
    "%s: the unmodified @polkadot/api reads metagraph, maps and constants",
    async (name) => {
      await using net = await quickNet("--metadata", fileOf(name));
      await withLibrary(net, async (api) => {
        expect(api.runtimeVersion.specVersion.toNumber()).toBe(Number(name.slice(0, 3)));
        expect(api.consts["system"]!["ss58Prefix"]!.toString()).toBe("42");
        const keys = await api.query["subtensorModule"]!["keys"]!.entries(net.ready.netuid);
        expect(keys).toHaveLength(5);
        const commitments = await api.query["commitments"]!["commitmentOf"]!.entries(net.ready.netuid);
        expect(commitments.length).toBeGreaterThan(0);
        // Version 14 says nothing of runtime calls, and a file of it cannot be made to.
        if (name.endsWith("v14")) return;
        // The library takes the highest version that is offered.
        expect(api.runtimeMetadata.version).toBe(name.endsWith("v16") ? 16 : 15);
        const graph = await api.call["subnetInfoRuntimeApi"]!["getMetagraph"]!(net.ready.netuid);
        expect(graph.toJSON()).toMatchObject({ netuid: net.ready.netuid, numUids: 5 });
      });
    },
    30_000,
  );

  test("424 reshaped to versions 15 and 14 is the same chain: calls, constants and state byte for byte", async () => {
    const bytes = async (net: LocalnetProcess): Promise<unknown> =>
      withLibrary(net, async (api) => {
        const { netuid } = net.ready;
        const maps = [api.query["subtensorModule"]!["keys"]!, api.query["commitments"]!["commitmentOf"]!];
        const entries = await Promise.all(maps.map((map) => map.entries(netuid)));
        return {
          specVersion: api.runtimeVersion.specVersion.toNumber(),
          entries: entries.map((found) => found.map(([key, value]) => [key.toHex(), value.toHex()])),
          call: api.tx["subtensorModule"]!["setMechanismWeights"]!(netuid, 0, [1], [1], 0).method.toHex(),
          slot: api.consts["aura"]!["slotDuration"]!.toHex(),
        };
      });
    const { v14, v15 } = runtimeFromMetadata(readFileSync(fileOf("424.v16")));
    await using original = await quickNet("--metadata", fileOf("424.v16"));
    const expected = await bytes(original);
    for (const shape of [v15, v14]) {
      const file = join(original.dir, "reshaped.scale");
      writeFileSync(file, shape);
      await using reshaped = await quickNet("--metadata", file);
      expect(await bytes(reshaped)).toEqual(expected);
    }
  }, 60_000);

  test("424 is served as it is, in version 16, beside its older forms", async () => {
    const file = readFileSync(fileOf("424.v16"));
    await using net = await quickNet("--metadata", fileOf("424.v16"));
    const answers = await withLibrary(net, async (api) => {
      const call = async (name: string, input: string): Promise<string> =>
        (await api.rpc.state.call(name, input)).toHex();
      return {
        versions: await call("Metadata_metadata_versions", "0x"),
        served: await call("Metadata_metadata_at_version", "0x10000000"),
      };
    });
    expect(answers.versions).toBe("0x0c0e0000000f00000010000000");
    expect(answers.served.endsWith(file.toString("hex"))).toBe(true);
  }, 30_000);

  test("without commit-reveal the same weights are set as they are", async () => {
    await using net = await quickNet("--metadata", fileOf("461.v15"), "--commit-reveal", "off");
    const { submission, weights } = answer<OnceShape>(await net.run("once"));
    expect(submission).toMatchObject({ kind: "direct", state: "reflected" });
    expect((await net.ledger()).extrinsics).toMatchObject([
      {
        call: "SubtensorModule.set_mechanism_weights",
        result: "ok",
        hash: submission.extrinsic,
        args: { dests: weights.uids, weights: weights.values },
      },
    ]);
  }, 30_000);
});
