import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runtimeFromMetadata } from "../../../src/localnet/metadata/registry.ts";
import { connect, NETUID, startTestNode, validator } from "./support.ts";

const directory = process.env["SUBTENSOR_METADATA_DIR"];
const FILES = ["subtensor-393.v15.scale", "subtensor-461.v15.scale"] as const;
const found = FILES.filter((file) => directory !== undefined && existsSync(join(directory, file)));
if (found.length === 0) process.stderr.write("skipped: SUBTENSOR_METADATA_DIR names no folder with real metadata\n");

describe.skipIf(found.length === 0)("a node on real metadata", () => {
  test.each(found)("%s: connects, reads the metagraph, sets weights", async (file) => {
    const runtime = runtimeFromMetadata(readFileSync(join(directory ?? "", file)));
    await using node = await startTestNode({ runtime });
    const api = await connect(node);
    const graph = await api.call["subnetInfoRuntimeApi"]!["getMetagraph"]!(NETUID);
    expect((graph.toJSON() as { numUids: number }).numUids).toBe(6);
    const selective = api.call["subnetInfoRuntimeApi"]!["getSelectiveMetagraph"]!;
    expect((await selective(NETUID, [0, 52, 73])).toJSON()).toMatchObject({ netuid: NETUID });
    const call = api.tx["subtensorModule"]!["setMechanismWeights"]!(NETUID, 0, [1, 2], [2, 1], 0);
    await call.signAndSend(validator, { nonce: -1, era: 16 });
    await node.advance(1);
    expect(node.ledger().extrinsics.map(({ result }) => result)).toEqual(["ok"]);
    await node.advance(20);
    expect(node.incentives()[1]).toBeGreaterThan(0);
    await api.disconnect();
  });
});
