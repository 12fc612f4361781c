import { Blake2256 } from "@polkadot-api/substrate-bindings";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runtimeFromMetadata } from "../../../src/localnet/metadata/registry.ts";
import type { SimNode } from "../../../src/localnet/node/node.ts";
import { miners, NETUID, RawClient, startTestNode, testOptions, validator } from "./support.ts";

let node: SimNode;
let client: RawClient;

beforeAll(async () => {
  node = await startTestNode();
  client = await RawClient.open(node);
});

afterAll(async () => {
  await node[Symbol.asyncDispose]();
});

const storage = testOptions().runtime;

describe("forms that the Python SDKs use (sdk-wire.md §1)", () => {
  test("old names answer as the new ones", async () => {
    const key = storage.storage("SubtensorModule", "Tempo").key(NETUID);
    expect(await client.result("state_getStorageAt", [key, null])).toBe("0x1400");
    expect(await client.result("chain_getHead", [])).toBe(await client.result("chain_getBlockHash", []));
    expect(await client.result("account_nextIndex", [validator.address])).toBe(0);
  });

  test("ids come back as they were, strings and numbers", async () => {
    client.socket.send(JSON.stringify({ jsonrpc: "2.0", id: "he125", method: "system_chain", params: [] }));
    client.socket.send(JSON.stringify({ jsonrpc: "2.0", id: 125, method: "system_chain", params: [] }));
    expect(await client.until(() => client.received.find(({ id }) => id === "he125"))).toBeDefined();
    expect(await client.until(() => client.received.find(({ id }) => id === 125))).toBeDefined();
  });

  test("arguments of state_call may lack their 0x, block hashes may be null", async () => {
    for (const argument of ["0f000000", "0x0f000000"]) {
      const answer = String(await client.result("state_call", ["Metadata_metadata_at_version", argument, null]));
      expect(answer.startsWith("0x01")).toBe(true);
      expect(answer.endsWith(Buffer.from(storage.v15).toString("hex"))).toBe(true);
    }
    expect(await client.result("state_call", ["Metadata_metadata_at_version", "0x10000000"])).toBe("0x00");
    expect(await client.result("state_call", ["Metadata_metadata_versions", "0x"])).toBe("0x080e0000000f000000");
    expect(await client.result("state_getMetadata", [])).toBe(`0x${Buffer.from(storage.v14).toString("hex")}`);
  });

  test("a runtime whose metadata describes no calls tells the fee all the same, in the bytes of one that does", async () => {
    const name = "TransactionPaymentApi_query_info";
    await using old = await startTestNode({ runtime: runtimeFromMetadata(storage.v14), feeRao: 70_000 });
    await using described = await startTestNode({ feeRao: 70_000 });
    const [plain, typed] = await Promise.all(
      [old, described].map(async (one) => (await RawClient.open(one)).result("state_call", [name, "0x"])),
    );
    expect(plain).toBe("0x0000007011010000000000");
    expect(plain).toBe(typed);
  });

  test("a block carries an extrinsic byte for byte; its hash is the hash of its header", async () => {
    const hash = String(await client.result("chain_getBlockHash", [node.height()]));
    const { block } = (await client.result("chain_getBlock", [hash])) as { block: { header: Record<string, string> } };
    const { parentHash, stateRoot, extrinsicsRoot, number } = block.header;
    const compact = Buffer.from([(Number(number) << 2) & 0xff]);
    const part = (hex: string | undefined): Buffer => Buffer.from(String(hex).slice(2), "hex");
    const header = Buffer.concat([part(parentHash), compact, part(stateRoot), part(extrinsicsRoot), Buffer.of(0)]);
    expect(Buffer.from(Blake2256(header)).toString("hex")).toBe(hash.slice(2));
  });

  test("pages of keys begin behind the key they are given; the first page may give the prefix", async () => {
    const { prefix } = storage.storage("SubtensorModule", "Keys");
    const first = (await client.result("state_getKeysPaged", [prefix, 4, prefix, null])) as string[];
    const rest = (await client.result("state_getKeysPaged", [prefix, 100, first.at(-1), null])) as string[];
    expect(first).toHaveLength(4);
    expect([...first, ...rest]).toEqual(
      [0, 1, 2, 3, 4, 5].map((uid) => storage.storage("SubtensorModule", "Keys").key(NETUID, uid)).sort(),
    );
  });

  test("the method list holds what exists and nothing of the new family", async () => {
    const { methods } = (await client.result("rpc_methods", [])) as { methods: string[] };
    expect(methods).toContain("account_nextIndex");
    expect(methods.filter((name) => name.startsWith("chainHead"))).toEqual([]);
    for (const method of methods) expect((await client.call(method, [])).error?.code).not.toBe(-32_601);
  });
});

describe("subscriptions", () => {
  test("say the present state at once, after their id, and follow the chain until stopped", async () => {
    const own = await RawClient.open(node);
    const key = storage.storage("SubtensorModule", "Tempo").key(NETUID);
    const id = await own.result("chain_subscribeNewHeads", []);
    await own.result("state_subscribeStorage", [[key]]);
    await own.result("state_subscribeRuntimeVersion", []);
    await own.result("chain_subscribeAllHeads", []);
    await own.result("chain_subscribeFinalizedHeads", []);
    node.setHyperparameter("Tempo", 21);
    await node.advance(3);
    await own.result("system_health", []);
    expect(own.texts[0]).toContain(`"result":"${String(id)}"`);
    expect(own.texts[1]).toContain("chain_newHead");
    expect(own.notes("chain_newHead")).toHaveLength(4);
    expect(own.notes("chain_allHead")).toHaveLength(4);
    expect(own.notes("chain_finalizedHead").length).toBeGreaterThan(1);
    expect(own.notes("state_runtimeVersion")).toEqual([expect.objectContaining({ specVersion: 475 })]);
    const values = own.notes("state_storage").map((note) => (note as { changes: unknown[] }).changes);
    expect(values).toEqual([[[key, "0x1400"]], [[key, "0x1500"]]]);
    expect(await own.result("chain_unsubscribeNewHeads", [id])).toBe(true);
    await node.advance(2);
    await own.result("system_health", []);
    expect(own.notes("chain_newHead")).toHaveLength(4);
    own.socket.close();
  });
});

describe("the ledger", () => {
  test("counts reads of state by the block hash they name, and not what is about the runtime", async () => {
    const before = node.ledger().hashes;
    const hash = String(await client.result("chain_getFinalizedHead", []));
    const key = storage.storage("SubtensorModule", "Tempo").key(NETUID);
    await client.result("state_getStorage", [key, hash]);
    await client.result("state_queryStorageAt", [[key], hash]);
    await client.result("state_getKeysPaged", [key, 1, null, hash]);
    await client.result("state_call", ["SubnetInfoRuntimeApi_get_next_epoch_start_block", "0x0200", hash]);
    await client.result("state_call", ["Core_version", "0x", hash]);
    await client.result("state_getRuntimeVersion", [hash]);
    await client.result("state_getStorage", [key]);
    const after = node.ledger().hashes;
    expect((after[hash] ?? 0) - (before[hash] ?? 0)).toBe(4);
    expect((after["best"] ?? 0) - (before["best"] ?? 0)).toBe(1);
  });

  test("counts methods, and what is none as unknown", async () => {
    await client.call("no_such_method", []);
    expect(node.ledger().rpc["unknown"]).toBeGreaterThan(0);
    expect(node.ledger().rpc["no_such_method"]).toBeUndefined();
  });
});

describe("hostile clients", () => {
  test.each<[string, string, number]>([
    ["no JSON", "{", -32_700],
    ["nothing", "", -32_700],
    ["a number", "7", -32_600],
    ["null", "null", -32_600],
    ["an empty batch", "[]", -32_600],
    ["a batch of too many", JSON.stringify(new Array(101).fill(1)), -32_600],
    ["no version", '{"id":1,"method":"system_chain"}', -32_600],
    ["a method that is none", '{"jsonrpc":"2.0","id":1,"method":5}', -32_600],
    ["an unknown method", '{"jsonrpc":"2.0","id":1,"method":"constructor"}', -32_601],
    ["parameters by name", '{"jsonrpc":"2.0","id":1,"method":"system_chain","params":{"a":1}}', -32_602],
    [
      "deep nesting",
      `{"jsonrpc":"2.0","id":1,"method":"state_call","params":${"[".repeat(50_000)}${"]".repeat(50_000)}}`,
      -32_602,
    ],
  ])("%s gets an error", async (_name, text, code) => {
    const own = await RawClient.open(node);
    own.socket.send(text);
    const reply = await own.until(() => own.received[0]);
    expect(reply?.error?.code).toBe(code);
    expect(await own.result("system_chain", [])).toBe("Touchstone Localnet");
    own.socket.close();
  });

  test.each<[string, unknown[]]>([
    ["state_getStorage", []],
    ["state_getStorage", ["0x0"]],
    ["state_getStorage", ["0x00", "0x1234"]],
    ["state_getStorage", ["0x00", `0x${"11".repeat(32)}`]],
    ["state_getKeysPaged", ["0x", 1001]],
    ["state_getKeysPaged", ["0x", -1]],
    ["state_queryStorageAt", ["0x00"]],
    ["state_subscribeStorage", [[]]],
    ["state_call", ["SubnetInfoRuntimeApi_get_metagraph", "0x02"]],
    ["state_call", ["SubnetInfoRuntimeApi_get_metagraph", "0x020000"]],
    ["state_call", ["SubnetInfoRuntimeApi_get_selective_metagraph", "0x0200ffffffff"]],
    ["state_call", ["No_such_call", "0x"]],
    ["state_call", ["constructor", "0x"]],
    ["state_call", ["Metadata_metadata_at_version", "0x0f"]],
    ["chain_getBlockHash", [-1]],
    ["chain_getBlockHash", ["0xzz"]],
    ["chain_getBlockHash", [{ toString: "x" }]],
    ["system_accountNextIndex", ["5Grw"]],
    ["system_accountNextIndex", [5]],
    ["author_submitExtrinsic", ["0x"]],
    ["author_submitExtrinsic", [null]],
  ])("%s %j gets an error and no internal one", async (method, params) => {
    const { error } = await client.call(method, params);
    expect(error).toBeDefined();
    expect(error?.code).not.toBe(-32_603);
  });

  test("whatever frames come, the node goes on answering", async () => {
    const { methods } = (await client.result("rpc_methods", [])) as { methods: string[] };
    const method = fc.oneof(fc.constantFrom(...methods), fc.string());
    const hex = fc.uint8Array({ maxLength: 200 }).map((bytes) => `0x${Buffer.from(bytes).toString("hex")}`);
    const params = fc.oneof(fc.array(fc.oneof(hex, fc.jsonValue(), fc.array(hex)), { maxLength: 4 }), fc.jsonValue());
    const request = fc.record({ jsonrpc: fc.constant("2.0"), id: fc.oneof(fc.nat(), fc.string()), method, params });
    const frame = fc.oneof(
      request.map((value) => JSON.stringify(value)),
      fc.string(),
      fc.json(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 20 }), async (frames) => {
        const own = await RawClient.open(node);
        for (const text of frames) own.socket.send(text);
        expect(await own.result("system_chain", [])).toBe("Touchstone Localnet");
        const internal = own.received.filter(({ error }) => error?.code === -32_603);
        expect(internal).toEqual([]);
        own.socket.terminate();
      }),
      { numRuns: 60 },
    );
  });

  test("frames beyond the limit end their connection only", async () => {
    const own = await RawClient.open(node);
    own.socket.send(Buffer.alloc(33 * 1024 * 1024, 0x20));
    await own.until(() => undefined);
    expect(own.closed).toBe(true);
    expect(await client.result("system_chain", [])).toBe("Touchstone Localnet");
  });

  test("a connection cannot open subscriptions without end", async () => {
    const own = await RawClient.open(node);
    let last: unknown;
    for (let count = 0; count < 1030; count += 1)
      last = (await own.call("state_subscribeRuntimeVersion", [])).error?.code;
    expect(last).toBe(-32_006);
    own.socket.terminate();
  });

  test("random runtime calls and extrinsics are refused, never answered with an internal error", async () => {
    const names = ["get_metagraph", "get_selective_metagraph", "get_selective_mechagraph", "get_subnet_state"];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), fc.uint8Array({ maxLength: 40 }), async (name, bytes) => {
        const argument = `0x${Buffer.from(bytes).toString("hex")}`;
        const call = await client.call("state_call", [`SubnetInfoRuntimeApi_${name}`, argument]);
        expect(call.error?.code ?? 0).not.toBe(-32_603);
        const xt = await client.call("author_submitExtrinsic", [argument]);
        expect([1001, 1010, 1011]).toContain(xt.error?.code);
      }),
      { numRuns: 150 },
    );
  });
});

test("the miners' order is the order of uids", async () => {
  const key = storage.storage("SubtensorModule", "Uids").key(NETUID, miners[3]!.publicKey);
  expect(await client.result("state_getStorage", [key])).toBe("0x0400");
});
