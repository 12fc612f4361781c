import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ChainConnection } from "../../../src/adapters/chain/connection.ts";
import { readColumns } from "../../../src/adapters/chain/metagraph-bytes.ts";
import { fromHex } from "../../../src/core/determinism/digest.ts";
import { NETUID, SIGNAL, type World, world } from "./world.ts";

const TYPE = "Option<PalletSubtensorRpcInfoMetagraphSelectiveMetagraph>";
/** netuid, hotkeys, active, validator_permit, last_update, incentives, block_at_registration, total_stake. */
const INDEXES = [0, 52, 56, 57, 59, 62, 66, 69];

let here: World;
let connection: ChainConnection;
let answer: Uint8Array;

async function asked(indexes: readonly number[]): Promise<Uint8Array> {
  const vector = connection.api.registry.createTypeUnsafe("Vec<u16>", [indexes]).toHex().slice(2);
  const args = `0x${NETUID.toString(16).padStart(2, "0")}00${vector}`;
  const hash = await connection.request("chain_getFinalizedHead", [], SIGNAL);
  const method = "SubnetInfoRuntimeApi_get_selective_metagraph";
  return fromHex(String(await connection.request("state_call", [method, args, hash], SIGNAL)));
}

beforeAll(async () => {
  here = await world();
  connection = await here.connect();
  answer = await asked(INDEXES);
});
afterAll(() => here[Symbol.asyncDispose]());

test("columns read by hand are those that the library reads", () => {
  const library = connection.api.registry.createTypeUnsafe(TYPE, [answer]).toJSON() as Record<string, unknown>;
  const read = readColumns(connection.api, TYPE, answer);
  expect(read).not.toBeNull();
  expect(read?.accounts).toHaveLength(5);
  expect(read?.active).toEqual(library["active"]);
  expect(read?.validatorPermit).toEqual(library["validatorPermit"]);
  expect(read?.lastUpdate).toEqual(library["lastUpdate"]);
  expect(read?.incentives).toEqual(library["incentives"]);
  expect(read?.blockAtRegistration).toEqual(library["blockAtRegistration"]);
  expect(read?.totalStake).toEqual((library["totalStake"] as (number | string)[]).map(BigInt));
  expect(read?.totalStake[0]).toBe(10n ** 13n);
});

test.each([
  ["nothing", () => Uint8Array.of(0)],
  ["no byte", () => new Uint8Array()],
  ["bytes behind the end", () => Uint8Array.of(...answer, 0)],
  ["an end too soon", () => answer.subarray(0, -1)],
])("%s is left to the library", (_name, bytes) => {
  expect(readColumns(connection.api, TYPE, bytes())).toBeNull();
});

test("a column that is missing and one that nobody asked for are left to the library", async () => {
  expect(readColumns(connection.api, TYPE, await asked(INDEXES.slice(0, -1)))).toBeNull();
  expect(readColumns(connection.api, TYPE, await asked([...INDEXES, 1]))).toBeNull();
});

test("a type of another layout is left to the library", () => {
  expect(readColumns(connection.api, "Option<u32>", answer)).toBeNull();
  expect(readColumns(connection.api, "Vec<u8>", answer)).toBeNull();
});

test("whatever the bytes are, nothing throws", () => {
  const changed = fc.array(fc.tuple(fc.nat(2_000), fc.nat(255)), { minLength: 1, maxLength: 6 }).map((changes) => {
    const bytes = Uint8Array.from(answer);
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), changed), (bytes) => {
      const read = readColumns(connection.api, TYPE, bytes);
      if (read !== null) expect(read.lastUpdate.every(Number.isSafeInteger)).toBe(true);
    }),
  );
});
