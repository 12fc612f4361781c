import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { NodeFault } from "../../../src/localnet/node/faults.ts";
import type { SimNode } from "../../../src/localnet/node/node.ts";
import { NETUID, RawClient, startTestNode, testOptions } from "./support.ts";

let node: SimNode;

beforeEach(async () => {
  node = await startTestNode({ finalityLag: 1 });
});

afterEach(async () => {
  await node[Symbol.asyncDispose]();
});

function set(...rules: Omit<NodeFault, "target">[]): void {
  node.setFaults(rules.map((rule) => ({ target: "node", ...rule })));
}

describe("refusals of a gateway", () => {
  test.each([403, 429])("HTTP %i at the handshake, with what tells clients to wait", async (value) => {
    set({ match: "handshake", kind: "status", value, count: 1 });
    const socket = new WebSocket(node.url);
    const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
    expect(response.statusCode).toBe(value);
    expect(response.headers).toMatchObject({ "retry-after": "2", "x-ratelimit-policy": "localnet" });
    socket.on("error", () => undefined);
    socket.terminate();
    const client = await RawClient.open(node);
    expect(await client.result("system_chain", [])).toBe("Touchstone Localnet");
  });

  test("close 1008 for a request, and right after the handshake", async () => {
    set(
      { match: "state_getStorage", kind: "close", count: 1 },
      { match: "handshake", kind: "close", from: 1, count: 1 },
    );
    const client = await RawClient.open(node);
    const closed = once(client.socket, "close");
    await expect(client.call("state_getStorage", ["0x00"])).rejects.toThrow("closed before an answer");
    expect((await closed)[0]).toBe(1008);
    expect((await once(new WebSocket(node.url), "close"))[0]).toBe(1008);
  });
});

describe("a wrong answer", () => {
  test("is well-formed: no value, an old head, a call of long ago", async () => {
    const client = await RawClient.open(node);
    const { runtime } = testOptions();
    const key = runtime.storage("SubtensorModule", "Tempo").key(NETUID);
    set({ match: "*", kind: "wrong", value: 4 });
    expect(await client.result("state_getStorage", [key])).toBeNull();
    expect(await client.result("state_queryStorageAt", [[key]])).toMatchObject([{ changes: [[key, null]] }]);
    expect(await client.result("state_getKeysPaged", [key, 5])).toEqual([]);
    expect(await client.result("account_nextIndex", [testAddress])).toBe(0);
    const header = (await client.result("chain_getHeader", [])) as { number: string };
    expect(Number(header.number)).toBe(node.height() - 4);
    const head = await client.result("chain_getFinalizedHead", []);
    expect(await client.result("system_name", [])).toBe("touchstone-localnet");
    set();
    expect(await client.result("chain_getBlockHash", [node.finalized() - 4])).toBe(head);
    const api = runtime.api("SubnetInfoRuntimeApi", "get_selective_metagraph");
    const input = `0x${Buffer.from(api!.encodeInput([NETUID, [7]])).toString("hex")}`;
    const right = await client.result("state_call", ["SubnetInfoRuntimeApi_get_selective_metagraph", input]);
    set({ match: "state_call", kind: "wrong", value: 4 });
    expect(await client.result("state_call", ["SubnetInfoRuntimeApi_get_selective_metagraph", input])).not.toBe(right);
    // What the runtime is stays right.
    const versions = await client.result("state_call", ["Metadata_metadata_versions", "0x"]);
    expect(versions).toBe("0x080e0000000f000000");
  });
});

const testAddress = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

describe("round trips", () => {
  test("what is asked at once is one, what waits for an answer is another", async () => {
    const client = await RawClient.open(node);
    node.markWaves();
    expect(node.waves()).toBe(0);
    await Promise.all(Array.from({ length: 20 }, () => client.result("system_chain", [])));
    expect(node.waves()).toBe(1);
    await client.result("system_name", []);
    expect(node.waves()).toBe(2);
    await client.result("system_name", []);
    expect(node.waves()).toBe(3);
    node.markWaves();
    await client.result("system_name", []);
    expect(node.waves()).toBe(1);
  });

  test("are those of the connection that had most, also when it is gone", async () => {
    const first = await RawClient.open(node);
    const second = await RawClient.open(node);
    node.markWaves();
    for (let call = 0; call < 3; call += 1) await first.result("system_chain", []);
    await second.result("system_chain", []);
    expect(node.waves()).toBe(3);
    const gone = once(first.socket, "close");
    first.socket.terminate();
    await gone;
    for (let call = 0; call < 3; call += 1) await second.result("system_chain", []);
    expect(node.waves()).toBe(4);
  });

  test("news of a subscription are no answers", async () => {
    const client = await RawClient.open(node);
    node.markWaves();
    await client.result("chain_subscribeNewHeads", []);
    await node.advance(5);
    await client.until(() => client.notes("chain_newHead")[5]);
    expect(node.waves()).toBe(1);
  });
});
