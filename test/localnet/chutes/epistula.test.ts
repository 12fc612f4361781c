import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkSignature, ReplayCache } from "../../../src/localnet/chutes/epistula.ts";
import { cryptoReady, keyPairFromSeed } from "../../../src/localnet/chutes/sr25519.ts";
import { call, chat, NOW, signHex, startWorld, type World } from "./chutes-client.ts";

interface Case {
  readonly body: string;
  readonly timestamp?: number;
  readonly signed_for?: string | null;
  readonly headers: Readonly<Record<string, string>>;
}
/** Own Python from the protocol's text, checked by two other packages (see the file's `origin`). */
const vectors = JSON.parse(readFileSync("test/vectors/localnet-epistula.json", "utf8")) as {
  readonly signer: { readonly ss58: string };
  readonly epistula_v2: readonly Case[];
  readonly epistula_004: readonly Case[];
};

const lower = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

beforeAll(cryptoReady);

describe("signatures of an independent implementation", () => {
  const mayAsk = (hotkey: string): boolean => hotkey === vectors.signer.ss58;

  test.each(vectors.epistula_v2)("v2 over $body for $signed_for", (row) => {
    const request = { headers: lower(row.headers), body: Buffer.from(row.body, "hex") };
    const receiver = { hotkey: row.signed_for ?? "anyone", netuid: 1, mayAsk };
    expect(checkSignature(request, receiver, new ReplayCache(), row.timestamp ?? 0).kind).toBe("valid");
    const other = { headers: request.headers, body: Buffer.concat([request.body, Buffer.from(" ")]) };
    expect(checkSignature(other, receiver, new ReplayCache(), row.timestamp ?? 0).kind).toBe("refused");
  });

  test.each(vectors.epistula_004)("legacy-004 over $body", (row) => {
    const request = { headers: lower(row.headers), body: Buffer.from(row.body, "hex") };
    const receiver = { hotkey: "anyone", netuid: 1, mayAsk };
    expect(checkSignature(request, receiver, new ReplayCache(), 0).kind).toBe("valid");
    expect(checkSignature(request, { ...receiver, netuid: 2 }, new ReplayCache(), 0).kind).toBe("refused");
  });
});

describe("a miner's app checks what it is sent", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  const body = chat("Tell me about rivers.");
  const bodyHash = createHash("sha256").update(body).digest("hex");
  const honest = () => world.population.miners.filter((miner) => miner.kind === "honest");

  function v2(
    change: { timestamp?: number; signedFor?: string; pair?: World["validator"]["pair"]; uuid?: string } = {},
  ) {
    const { timestamp = NOW, signedFor = honest()[0]!.hotkey, pair = world.validator.pair } = change;
    const { uuid = randomUUID() } = change;
    const interval = Math.ceil(timestamp / 10_000);
    return {
      "Epistula-Version": "2",
      "Epistula-Timestamp": String(timestamp),
      "Epistula-Uuid": uuid,
      "Epistula-Signed-By": world.validator.hotkey,
      "Epistula-Signed-For": signedFor,
      "Epistula-Request-Signature": `0x${signHex(pair, `${bodyHash}.${uuid}.${timestamp}.${signedFor}`)}`,
      "Epistula-Secret-Signature-0": `0x${signHex(pair, `${interval - 1}.${signedFor}`)}`,
      "Epistula-Secret-Signature-1": `0x${signHex(pair, `${interval}.${signedFor}`)}`,
      "Epistula-Secret-Signature-2": `0x${signHex(pair, `${interval + 1}.${signedFor}`)}`,
    };
  }

  const send = async (headers: Readonly<Record<string, string>>): Promise<[number, string]> => {
    const host = `${honest()[0]!.chute.slug}.chutes.ai`;
    const path = "/v1/chat/completions";
    const all = { ...world.key, ...headers };
    const heard = await call(world.chutes.url, { path, method: "POST", host, headers: all, body });
    return [heard.status, heard.status === 200 ? "" : JSON.parse(heard.text).detail];
  };

  test("a right signature, and none at all, get an answer", async () => {
    expect(await send(v2())).toEqual([200, ""]);
    expect(await send({})).toEqual([200, ""]);
  });

  test("the same request a second time is a replay", async () => {
    const headers = v2();
    expect(await send(headers)).toEqual([200, ""]);
    expect(await send(headers)).toEqual([401, "Epistula: the request was seen before"]);
  });

  test.each([
    [8_000, 200],
    [8_001, 401],
    [-2_000, 200],
    [-2_001, 401],
  ])("a request %i ms old gets %i", async (age, status) => {
    expect((await send(v2({ timestamp: NOW - age })))[0]).toBe(status);
  });

  const stranger = () => keyPairFromSeed(new Uint8Array(32).fill(9));
  test.each<[string, (right: Record<string, string>) => Record<string, string>, string]>([
    ["another receiver", () => v2({ signedFor: honest()[1]!.hotkey }), "the request is signed for another miner"],
    ["another key", () => v2({ pair: stranger() }), "the signature does not match"],
    ["another version", (right) => ({ ...right, "Epistula-Version": "1" }), "Epistula-Version is not 2"],
    [
      "a clock in seconds",
      (right) => ({ ...right, "Epistula-Timestamp": "1760000000" }),
      "Epistula-Timestamp is not in milliseconds",
    ],
    ["no UUID", (right) => ({ ...right, "Epistula-Uuid": "x" }), "Epistula-Uuid is no UUID"],
    ["no address", (right) => ({ ...right, "Epistula-Signed-By": "5abc" }), "the signature does not match"],
    [
      "a wrong secret signature",
      (right) => ({ ...right, "Epistula-Secret-Signature-1": `0x${"0".repeat(128)}` }),
      "Epistula-Secret-Signature-1 does not match",
    ],
    ["a lone header", () => ({ "Epistula-Version": "2" }), "Epistula-Timestamp is not in milliseconds"],
  ])("%s is refused", async (_name, change, reason) => {
    expect(await send(change(v2()))).toEqual([401, `Epistula: ${reason}`]);
  });

  test("a signer without permit is refused", async () => {
    const hotkey = honest()[2]!.hotkey;
    expect((await send({ ...v2(), "Epistula-Signed-By": hotkey }))[0]).toBe(401);
  });

  test("legacy-004 is taken with nanoseconds, without 0x and for this subnet only", async () => {
    const timestamp = `${NOW}000000`;
    const right = {
      "X-Epistula-Timestamp": timestamp,
      "X-Epistula-Signature": signHex(world.validator.pair, `${timestamp}.${bodyHash}`),
      "X-Epistula-Hotkey": world.validator.hotkey,
      "X-Epistula-Netuid": "2",
    };
    expect(await send(right)).toEqual([200, ""]);
    expect((await send({ ...right, "X-Epistula-Netuid": "3" }))[0]).toBe(401);
    expect((await send({ ...right, "X-Epistula-Signature": `0x${right["X-Epistula-Signature"]}` }))[0]).toBe(401);
    expect((await send({ ...right, "X-Epistula-Timestamp": String(NOW) }))[0]).toBe(401);
  });
});
