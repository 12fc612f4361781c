import { afterAll, beforeAll, expect, test } from "vitest";
import type { ChainConnection } from "../../../src/adapters/chain/connection.ts";
import { chainReader } from "../../../src/adapters/chain/reader.ts";
import { isFault } from "../../../src/core/model/fault.ts";
import type { Ss58 } from "../../../src/core/model/ids.ts";
import type { Succession } from "../../../src/core/model/metagraph.ts";
import { encodeSs58 } from "../../../src/core/signing/ss58.ts";
import { counted } from "./counted.ts";
import { minerKey, NETUID, SIGNAL, type World, world } from "./world.ts";

/** Miners a to d hold seats. */
const SWAPS = [
  ["swapped", "a"],
  ["twice", "between"],
  ["between", "b"],
  ["round", "about"],
  ["about", "round"],
  ["lost", "nobody"],
  ["b", "c"],
  ["far 0", "far 1"],
  ...Array.from({ length: 40 }, (_, hop) => [`far ${hop + 1}`, hop === 39 ? "d" : `far ${hop + 2}`]),
] as const;

let here: World;
let connection: ChainConnection;

beforeAll(async () => {
  here = await world();
  for (const [from = "", to = ""] of SWAPS) {
    const keys = [NETUID, minerKey(from)];
    here.node.setStorage({ item: "SubtensorModule.HotkeySuccessor", keys, value: minerKey(to) });
  }
  const elsewhere = [NETUID + 1, minerKey("other subnet")];
  here.node.setStorage({ item: "SubtensorModule.HotkeySuccessor", keys: elsewhere, value: minerKey("a") });
  await here.node.advance(6);
  connection = await here.connect();
  await chainReader(connection).finalized(SIGNAL);
});
afterAll(() => here[Symbol.asyncDispose]());

const address = (name: string): Ss58 => encodeSs58(minerKey(name));

async function successors(
  known: readonly Ss58[],
): Promise<{ readonly found: readonly Succession[]; readonly waves: number }> {
  const watched = counted(connection);
  const request = { netuid: NETUID, mechid: 0, hotkey: null, known };
  const snapshot = await chainReader(watched.connection).observe(request, SIGNAL);
  if (isFault(snapshot)) throw new Error(snapshot.message);
  return { found: snapshot.successors, waves: watched.waves() };
}

test.each([
  ["a swapped hotkey leads to its seat", "swapped", "a", 2],
  ["two swaps are followed, for one round trip more", "twice", "b", 3],
  ["a swap to a key that holds no seat and went nowhere is none", "lost", null, 3],
  ["a circle of swaps is left", "round", null, 3],
  ["a key that holds a seat is not looked up, whatever it is said to be now", "b", null, 2],
  ["a key that nobody swapped has no successor", "unheard of", null, 2],
  ["a swap on another subnet is none here", "other subnet", null, 2],
  ["a chain of swaps that never ends is given up", "far 0", null, 17],
])("%s", async (_sentence, from, to, waves) => {
  const expected = to === null ? [] : [{ from: address(from), to: address(to) }];
  expect(await successors([address(from)])).toEqual({ found: expected, waves });
});

test("they come ascending by the old key, each once; what is no address is passed over", async () => {
  const known = ["twice", "swapped", "between", "swapped"].map(address);
  const { found } = await successors([...known, "not an address"]);
  expect(found.map(({ from }) => from)).toEqual([...new Set(known)].toSorted());
  expect(new Set(found.map(({ to }) => to))).toEqual(new Set([address("a"), address("b")]));
});
