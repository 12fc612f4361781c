import type { ApiPromise } from "@polkadot/api";
import type { KeyringPair } from "@polkadot/keyring/types";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SimNode } from "../../../src/localnet/node/node.ts";
import {
  connect,
  edwards,
  miners,
  NETUID,
  RawClient,
  type Reply,
  startTestNode,
  stranger,
  validator,
} from "./support.ts";

let node: SimNode;
let api: ApiPromise;
let client: RawClient;

beforeAll(async () => {
  node = await startTestNode({ tempo: 40 });
  api = await connect(node);
  client = await RawClient.open(node);
});

afterAll(async () => {
  await api.disconnect();
  await node[Symbol.asyncDispose]();
});

interface SignChoice {
  readonly pair?: KeyringPair;
  readonly nonce?: number;
  /** Block at which the era is born, by its height; its period; 0 for immortal. */
  readonly birth?: number;
  readonly period?: number;
  readonly genesis?: string;
  readonly spec?: number;
  readonly transactionVersion?: number;
  readonly birthHash?: string;
  readonly call?: "weights" | "remark" | "commitment";
}

async function sign(choice: SignChoice = {}): Promise<string> {
  const { pair = validator, period = 16, birth = node.finalized(), call = "weights" } = choice;
  const nonce = choice.nonce ?? (await api.rpc.system.accountNextIndex(pair.address)).toNumber();
  const calls = {
    weights: () => api.tx["subtensorModule"]!["setMechanismWeights"]!(NETUID, 0, [1], [1], 0),
    remark: () => api.tx["system"]!["remark"]!("0x01"),
    commitment: () => api.tx["commitments"]!["setCommitment"]!(NETUID, { fields: new Array(4).fill({ Raw1: "0x01" }) }),
  };
  const blockHash = choice.birthHash ?? (period === 0 ? api.genesisHash : await api.rpc.chain.getBlockHash(birth));
  const { specVersion, transactionVersion } = api.runtimeVersion;
  const signed = calls[call]().sign(pair, {
    nonce,
    blockHash,
    genesisHash: choice.genesis ?? api.genesisHash,
    era:
      period === 0
        ? api.registry.createType("ExtrinsicEra")
        : api.registry.createType("ExtrinsicEra", { current: birth, period }),
    runtimeVersion: {
      specVersion: choice.spec ?? specVersion,
      transactionVersion: choice.transactionVersion ?? transactionVersion,
    } as never,
  } as never);
  return signed.toHex();
}

async function submit(hex: string): Promise<Reply> {
  return await client.call("author_submitExtrinsic", [hex]);
}

const HASH = `0x${"ab".repeat(32)}`;
const BAD_PROOF = "Transaction has a bad signature";

describe("a transaction is refused at the door", () => {
  test.each<[string, SignChoice, string]>([
    ["signed for another chain", { genesis: HASH }, BAD_PROOF],
    ["signed for another spec", { spec: 474 }, BAD_PROOF],
    ["signed for another transaction version", { transactionVersion: 2 }, BAD_PROOF],
    ["signed over another birth block", { birthHash: HASH }, BAD_PROOF],
    ["by an unregistered hotkey without stake", { pair: stranger }, "Custom error: 1"],
  ])("%s", async (_name, choice, data) => {
    const { error } = await submit(await sign(choice));
    expect(error).toEqual({ code: 1010, message: "Invalid Transaction", data });
  });

  test("with an era that is over: its phase points to a later block, so the signature is wrong", async () => {
    const hex = await sign({ birth: node.height(), period: 4, pair: miners[0]!, call: "remark" });
    await node.advance(6);
    expect((await submit(hex)).error?.data).toBe(BAD_PROOF);
  });

  test("with an era that begins after the best block", async () => {
    const hex = await sign({ birth: node.height() + 1, birthHash: HASH });
    expect((await submit(hex)).error?.data).toBe("Transaction has an ancient birth block");
  });

  test("damaged anywhere", async () => {
    const hex = await sign();
    const bytes = Buffer.from(hex.slice(2), "hex");
    for (let place = 0; place < bytes.length; place += 3) {
      const damaged = Buffer.from(bytes);
      damaged[place] = (damaged[place] ?? 0) ^ 0x41;
      const { error, result } = await submit(`0x${damaged.toString("hex")}`);
      expect(result).toBeUndefined();
      expect([1001, 1010]).toContain(error?.code);
    }
    expect((await submit(`${hex}00`)).error?.code).toBe(1001);
    expect((await submit(hex.slice(0, -2))).error?.code).toBe(1001);
  });

  test("unsigned", async () => {
    const { block } = (await client.result("chain_getBlock", [])) as { block: { extrinsics: string[] } };
    expect((await submit(block.extrinsics[0]!)).error).toMatchObject({ code: 1011 });
  });

  test("longer than its bounds allow", async () => {
    const { error } = await submit(await sign({ call: "commitment", pair: miners[1]! }));
    expect(error).toMatchObject({ code: 1001, message: expect.stringContaining("4 commitment fields") });
    const giant = `0x${"00".repeat(4_000_000)}`;
    expect((await submit(giant)).error?.data).toBe("Transaction would exhaust the block limits");
  });

  test("leaves no trace: nothing of the above reached a block", async () => {
    await node.advance(3);
    expect(node.ledger().extrinsics).toEqual([]);
  });
});

describe("a transaction in the pool", () => {
  test("once, then known, then banned, then stale; a twin of its nonce has no priority", async () => {
    const remark = { pair: miners[0]!, call: "remark" } as const;
    const first = await sign(remark);
    expect((await submit(first)).result).toMatch(/^0x[0-9a-f]{64}$/);
    expect((await submit(first)).error).toEqual({ code: 1013, message: "Transaction Already Imported" });
    const twin = await sign({ ...remark, nonce: 0, period: 8 });
    expect((await submit(twin)).error?.code).toBe(1014);
    await node.advance(1);
    expect(node.ledger().extrinsics.at(-1)).toMatchObject({ call: "System.remark", result: "ok" });
    expect((await submit(first)).error?.code).toBe(1012);
    expect((await submit(twin)).error).toMatchObject({ code: 1010, data: "Transaction is outdated" });
  });

  test("is judged by the rate limit before it costs a nonce", async () => {
    expect((await submit(await sign())).error).toBeUndefined();
    await node.advance(1);
    expect(node.ledger().extrinsics.at(-1)?.result).toBe("ok");
    expect((await submit(await sign())).error?.data).toBe("Custom error: 6");
    expect((await api.rpc.system.accountNextIndex(validator.address)).toNumber()).toBe(1);
  });

  test("waits for the nonces before its own, and comes in their order", async () => {
    const pair = miners[2]!;
    const before = node.ledger().extrinsics.length;
    const send = async (nonce: number): Promise<Reply> =>
      await client.call("author_submitAndWatchExtrinsic", [await sign({ pair, nonce, call: "remark" })]);
    await send(2);
    await send(1);
    await node.advance(1);
    expect(node.ledger().extrinsics).toHaveLength(before);
    expect(client.notes("author_extrinsicUpdate")).toEqual(["future", "future"]);
    await send(0);
    await node.advance(1);
    const included = node.ledger().extrinsics.slice(before);
    expect(included.map(({ index }) => index)).toEqual([1, 2, 3]);
    await client.result("system_health", []);
    const notes = client.notes("author_extrinsicUpdate");
    expect(notes.filter((note) => note === "ready")).toHaveLength(3);
    expect(notes.slice(-3)).toEqual(new Array(3).fill({ inBlock: expect.stringMatching(/^0x/) }));
  });

  test("is thrown out when its era ends before its nonce comes", async () => {
    const hex = await sign({ pair: edwards, nonce: 5, period: 8, call: "remark" });
    await client.call("author_submitAndWatchExtrinsic", [hex]);
    expect(await client.result("author_pendingExtrinsics", [])).toEqual([hex]);
    await node.advance(10);
    expect(await client.result("author_pendingExtrinsics", [])).toEqual([]);
    expect(client.notes("author_extrinsicUpdate")).toContain("invalid");
  });

  test("lives for ever without an era", async () => {
    expect((await submit(await sign({ pair: edwards, period: 0, call: "remark" }))).error).toBeUndefined();
    await node.advance(1);
    expect(node.ledger().extrinsics.at(-1)?.result).toBe("ok");
  });

  test("says nothing more to who stopped watching", async () => {
    const hex = await sign({ pair: miners[3]!, call: "remark" });
    const id = await client.result("author_submitAndWatchExtrinsic", [hex]);
    expect(await client.result("author_unwatchExtrinsic", [id])).toBe(true);
    expect(await client.result("author_unwatchExtrinsic", [id])).toBe(false);
    const before = client.notes("author_extrinsicUpdate").length;
    await node.advance(8);
    await client.result("system_health", []);
    expect(client.notes("author_extrinsicUpdate")).toHaveLength(before);
  });
});
