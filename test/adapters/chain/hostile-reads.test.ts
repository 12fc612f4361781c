import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChainConnection, connectChain } from "../../../src/adapters/chain/connection.ts";
import { chainReader } from "../../../src/adapters/chain/reader.ts";
import { isFault, ValidatorError } from "../../../src/core/model/fault.ts";
import { encodeSs58 } from "../../../src/core/signing/ss58.ts";
import { localRuntime, runtimeFromMetadata } from "../../../src/localnet/metadata/registry.ts";
import type { ChainReader } from "../../../src/ports/chain.ts";
import { SILENT } from "../../../src/ports/telemetry.ts";
import { type Change, counted } from "./counted.ts";
import { minerKey, NETUID, SIGNAL, world } from "./world.ts";

/** A node that answers all questions but with something else in its answers: the port answers with a Fault, or takes it for true. */
const own = localRuntime({ blockMs: 250 });
const open: AsyncDisposable[] = [];
let modern: ChainConnection;
let old: ChainConnection;

async function connected(runtime: typeof own): Promise<ChainConnection> {
  const here = await world({ runtime, miners: [{ publicKey: minerKey("a"), commitment: Uint8Array.of(65, 66) }] });
  open.push(here);
  const keys = [NETUID, minerKey("gone")];
  here.node.setStorage({ item: "SubtensorModule.HotkeySuccessor", keys, value: minerKey("a") });
  await here.node.advance(6);
  // Thousands of reads in seconds.
  const connection = await connectChain({
    endpoints: [here.node.url],
    expectedGenesis: here.node.genesis,
    signal: SIGNAL,
    telemetry: SILENT,
    requestsPerMinute: 1_000_000,
  });
  if (isFault(connection)) throw new Error(connection.message);
  open.push(connection);
  return connection;
}

beforeAll(async () => {
  modern = await connected(own);
  old = await connected(runtimeFromMetadata(own.v14));
});
afterAll(async () => {
  for (const one of open.toReversed()) await one[Symbol.asyncDispose]();
});

const REQUEST = { netuid: NETUID, mechid: 0, hotkey: encodeSs58(minerKey("a")), known: [encodeSs58(minerKey("gone"))] };

type Damage = (answer: unknown) => unknown;

const junk = fc.oneof(
  fc.constant(null),
  fc.string(),
  fc.integer(),
  fc.constant([]),
  fc.constant({}),
  fc.constant("0x"),
);
const flipped = fc
  .tuple(fc.nat(10_000), fc.integer({ min: 0, max: 15 }))
  .map(([at, digit]): ((text: string) => string) => (text) => {
    const place = 2 + (at % Math.max(1, text.length - 2));
    return text.slice(0, place) + digit.toString(16) + text.slice(place + 1);
  });
const shortened = fc.nat(200).map(
  (by): ((text: string) => string) =>
    (text) =>
      text.slice(0, -2 * by) || "0x",
);
const lengthened = fc.constant((text: string) => `${text}00`);

/** In every text of the answer at once, or with the whole of it replaced. */
const damage: fc.Arbitrary<Damage> = fc.oneof(
  junk.map((value) => () => value),
  fc.oneof(flipped, shortened, lengthened).map((change) => (answer: unknown) => inTexts(answer, change)),
);

function inTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return value.startsWith("0x") ? change(value) : value;
  if (!Array.isArray(value)) return overFields(value, change);
  const [first, second, ...rest] = value as readonly unknown[];
  // A row of storage: its key stays, so that the value is met.
  if (rest.length === 0 && typeof first === "string" && second !== undefined) return [first, inTexts(second, change)];
  return value.map((one) => inTexts(one, change));
}

function overFields(value: unknown, change: (text: string) => string): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inTexts(one, change)]));
}

const METHODS = ["chain_getHeader", "state_getRuntimeVersion", "state_call", "state_queryStorageAt"];

test.each([
  ["a snapshot", () => modern, (reader: ChainReader) => reader.observe(REQUEST, SIGNAL)],
  ["a schedule", () => modern, (reader: ChainReader) => reader.schedule(REQUEST, SIGNAL)],
  ["a snapshot from storage", () => old, (reader: ChainReader) => reader.observe(REQUEST, SIGNAL)],
  ["a schedule from storage", () => old, (reader: ChainReader) => reader.schedule(REQUEST, SIGNAL)],
])("%s with damaged answers is a fault of the chain, or is what the node says", async (_name, connection, ask) => {
  let faults = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...METHODS), fc.nat(3), damage, async (method, skip, hurt) => {
      let met = 0;
      const change: Change = (asked, answer) => {
        if (asked !== method) return answer;
        met += 1;
        return met > skip ? hurt(answer) : answer;
      };
      try {
        const seen = await ask(chainReader(counted(connection(), change).connection));
        if (!isFault(seen)) return;
        faults += 1;
        expect(seen).toMatchObject({ code: "chain-unreachable", blame: "chain" });
      } catch (error) {
        // A node may say without contradiction that there is no such subnet.
        expect(error).toBeInstanceOf(ValidatorError);
        expect(error).toMatchObject({ code: "subnet-not-found" });
      }
    }),
    { numRuns: 150 },
  );
  expect(faults).toBeGreaterThan(0);
});

test("a node that hides a subnet in one answer and shows it in another contradicts itself", async () => {
  const hidden: Change = (method, answer) =>
    method === "state_call" && typeof answer === "string" && answer.length > 60 ? "0x00" : answer;
  const seen = await chainReader(counted(modern, hidden).connection).observe(REQUEST, SIGNAL);
  expect(seen).toMatchObject({ code: "chain-unreachable", message: expect.stringMatching(/contradicts itself/) });
});

test("a block of another runtime is not read with the tables of this one", async () => {
  const newer: Change = (method, answer) =>
    method === "state_getRuntimeVersion" ? { ...(answer as object), specVersion: 9_999 } : answer;
  const watched = counted(modern, newer);
  const seen = await chainReader(watched.connection).observe(REQUEST, SIGNAL);
  expect(seen).toMatchObject({ code: "chain-unreachable", message: expect.stringMatching(/is being replaced/) });
  expect(watched.waves()).toBe(1);
});

test("a node that has lost a block's state does not make the subnet disappear", async () => {
  const empty: Change = (method, answer) =>
    method === "state_queryStorageAt"
      ? (answer as readonly { changes: readonly (readonly [string, unknown])[] }[]).map((set) => ({
          ...set,
          changes: set.changes.map(([key]) => [key, null]),
        }))
      : answer;
  const lost = chainReader(counted(modern, empty).connection);
  for (const seen of [await lost.observe(REQUEST, SIGNAL), await lost.schedule(REQUEST, SIGNAL)]) {
    expect(seen).toMatchObject({ code: "chain-unreachable", message: expect.stringMatching(/without any state/) });
  }
});

test("an epoch that has begun already is not taken for the next one", async () => {
  const first = await chainReader(modern).schedule(REQUEST, SIGNAL);
  if (isFault(first)) throw new Error(first.message);
  const { lastEpochBlock } = first.epochState;
  const bytes = Buffer.alloc(9);
  bytes.writeUInt8(1);
  bytes.writeBigUInt64LE(BigInt(lastEpochBlock), 1);
  // The runtime call was answered by an older block: the present epoch was its next one.
  const stale: Change = (method, answer) =>
    method === "state_call" && typeof answer === "string" && answer.length === 20
      ? `0x${bytes.toString("hex")}`
      : answer;
  const seen = await chainReader(counted(modern, stale).connection).schedule(REQUEST, SIGNAL);
  expect(seen).toMatchObject({
    code: "chain-unreachable",
    message: expect.stringMatching(/when the next epoch begins/),
  });
});
