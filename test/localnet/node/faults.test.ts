import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NodeFault } from "../../../src/localnet/node/faults.ts";
import type { SimNode } from "../../../src/localnet/node/node.ts";
import { RawClient, startTestNode } from "./support.ts";

let node: SimNode;
let client: RawClient;

beforeEach(async () => {
  node = await startTestNode({ tempo: 6, finalityLag: 1 });
  client = await RawClient.open(node);
});

afterEach(async () => {
  await node[Symbol.asyncDispose]();
});

function set(...rules: Omit<NodeFault, "target">[]): void {
  node.setFaults(rules.map((rule) => ({ target: "node", ...rule })));
}

describe("faults on demand", () => {
  test("an error for one method, as often as asked, from the asked request on", async () => {
    set({ match: "system_chain", kind: "error", from: 1, count: 2, value: -32_005 });
    const codes: unknown[] = [];
    for (let call = 0; call < 5; call += 1) codes.push((await client.call("system_chain", [])).error?.code);
    expect(codes).toEqual([undefined, -32_005, -32_005, undefined, undefined]);
    expect((await client.call("system_name", [])).error).toBeUndefined();
    expect(node.ledger().rpc["system_chain"]).toBe(5);
  });

  test("a dropped socket, before or after the request was carried out", async () => {
    set({ match: "system_chain", kind: "drop" });
    await expect(client.call("system_chain", [])).rejects.toThrow("closed before an answer");
    expect(node.ledger().rpc["system_chain"]).toBeUndefined();
    set({ match: "system_chain", kind: "drop", value: 1 });
    const other = await RawClient.open(node);
    await expect(other.call("system_chain", [])).rejects.toThrow("closed before an answer");
    expect(node.ledger().rpc["system_chain"]).toBe(1);
  });

  test("a half-open socket stays up and says nothing more, not even new heads", async () => {
    await client.result("chain_subscribeNewHeads", []);
    set({ match: "system_chain", kind: "half-open", count: 1 });
    client.socket.send(JSON.stringify({ jsonrpc: "2.0", id: 99, method: "system_chain", params: [] }));
    const other = await RawClient.open(node);
    expect(await other.result("system_name", [])).toBe("touchstone-localnet");
    const heard = client.received.length;
    await node.advance(5);
    await other.result("system_health", []);
    expect(client.received).toHaveLength(heard);
    expect(client.closed).toBe(false);
    client.socket.terminate();
  });

  test("a delayed answer holds back those behind it and comes in the end", async () => {
    set({ match: "system_chain", kind: "delay", value: 15, count: 1 });
    const [slow, fast] = await Promise.all([client.call("system_chain", []), client.call("system_name", [])]);
    expect([slow.result, fast.result]).toEqual(["Touchstone Localnet", "touchstone-localnet"]);
    expect(client.received.map(({ id }) => id)).toEqual(["q1", "q2"]);
  });

  test("a truncated answer is no JSON", async () => {
    set({ match: "system_properties", kind: "truncate", count: 1 });
    client.socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "system_properties", params: [] }));
    await client.until(() => client.texts[0]);
    expect(() => JSON.parse(client.texts[0]!) as unknown).toThrow();
    expect((await client.call("system_properties", [])).error).toBeUndefined();
  });

  test("finality stands still for the asked number of blocks, then catches up at once", async () => {
    await node.advance(2);
    set({ match: "*", kind: "lag", count: 1, value: 10 });
    const before = node.finalized();
    await node.advance(10);
    expect(node.finalized()).toBe(before);
    await node.advance(2);
    expect(node.finalized()).toBeGreaterThanOrEqual(node.height() - 2);
  });

  test("chance is drawn from the seed", async () => {
    const pattern = async (): Promise<string> => {
      const fresh = await startTestNode({ tempo: 6, seed: 9 });
      fresh.setFaults([{ target: "node", match: "*", kind: "error", probability: 0.5 }]);
      const raw = await RawClient.open(fresh);
      let seen = "";
      for (let call = 0; call < 40; call += 1)
        seen += (await raw.call("system_chain", [])).error === undefined ? "." : "x";
      await fresh[Symbol.asyncDispose]();
      return seen;
    };
    const first = await pattern();
    expect(first).toMatch(/\.x|x\./);
    expect(await pattern()).toBe(first);
  });

  test("an empty list clears", async () => {
    set({ match: "*", kind: "error" });
    expect((await client.call("system_chain", [])).error?.code).toBe(-32_603);
    set();
    expect((await client.call("system_chain", [])).error).toBeUndefined();
  });

  test.each([
    [{ match: "*", kind: "flood" }, 'kind "flood" is not known'],
    [{ match: "handshake", kind: "drop" }, 'kind "drop" does not go with match "handshake"'],
    [{ match: "*", kind: "status", value: 429 }, 'kind "status" does not go with match "*"'],
    [{ match: "handshake", kind: "status", value: 200 }, "value is 200"],
    [{ match: "*", kind: "close", value: 1005 }, "value is 1005"],
    [{ match: "*", kind: "fork", value: 0 }, "value is 0"],
    [{ kind: "drop" }, "match is missing"],
    [{ match: "*", kind: "drop", count: -1 }, "count is -1"],
    [{ match: "*", kind: "drop", from: 0.5 }, "from is 0.5"],
    [{ match: "*", kind: "drop", probability: 2 }, "probability is 2"],
  ])("%j is refused in words, and the rules before stay", async (rule, text) => {
    set({ match: "system_chain", kind: "error" });
    expect(() => {
      node.setFaults([{ target: "node", ...rule } as NodeFault]);
    }).toThrow(text);
    expect((await client.call("system_chain", [])).error).toBeDefined();
  });
});
