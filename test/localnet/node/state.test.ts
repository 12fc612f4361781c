import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Overlay, StateHistory } from "../../../src/localnet/node/state.ts";

const KEYS = ["0xaa01", "0xaa02", "0xaa0203", "0xab", "0xb0", "0x"];

const EMPTY = { get: () => undefined, keysOf: () => [] };

describe("the state with history", () => {
  test("answers at every kept block what a full copy per block would answer", () => {
    const change = fc.tuple(fc.constantFrom(...KEYS), fc.option(fc.uint8Array({ minLength: 1, maxLength: 3 })));
    fc.assert(
      fc.property(
        fc.array(fc.array(change, { maxLength: 4 }), { minLength: 1, maxLength: 12 }),
        fc.nat(11),
        (plan, cut) => {
          const history = new StateHistory();
          const copies: Map<string, Uint8Array>[] = [];
          for (const [block, changes] of plan.entries()) {
            const copy = new Map(copies.at(-1));
            const overlay = new Overlay(block === 0 ? EMPTY : history.at(block - 1));
            for (const [key, value] of changes) {
              overlay.put(key, value ?? undefined);
              if (value === null) copy.delete(key);
              else copy.set(key, value);
            }
            expect(overlay.keysOf("0xa")).toEqual([...copy.keys()].filter((key) => key.startsWith("0xa")).sort());
            history.apply(block, overlay.changes);
            copies.push(copy);
          }
          const oldest = Math.min(cut, plan.length - 1);
          history.prune(oldest);
          for (let block = oldest; block < plan.length; block += 1) {
            const view = history.at(block);
            const copy = copies[block]!;
            for (const key of KEYS) expect(view.get(key)).toEqual(copy.get(key));
            expect(view.keys("0xa", 10)).toEqual([...copy.keys()].filter((key) => key.startsWith("0xa")).sort());
            expect(view.keys("0xaa", 1, "0xaa01")).toEqual(
              [...copy.keys()]
                .filter((key) => key.startsWith("0xaa") && key > "0xaa01")
                .sort()
                .slice(0, 1),
            );
          }
        },
      ),
    );
  });

  test("keeps no version that no kept block can see", () => {
    const history = new StateHistory();
    for (let block = 0; block < 100; block += 1) history.apply(block, new Map([["0x01", Uint8Array.of(block)]]));
    history.apply(100, new Map([["0x01", undefined]]));
    history.prune(100);
    expect(history.oldest).toBe(100);
    expect(history.at(100).keys("0x", 10)).toEqual([]);
    history.apply(101, new Map([["0x01", Uint8Array.of(7)]]));
    expect(history.at(101).get("0x01")).toEqual(Uint8Array.of(7));
    expect(history.at(100).get("0x01")).toBeUndefined();
  });

  test("makes a value that is dear when somebody reads it, and lists its key before", () => {
    let made = 0;
    const overlay = new Overlay(EMPTY);
    overlay.put("0x01", () => {
      made += 1;
      return Uint8Array.of(7);
    });
    const history = new StateHistory();
    history.apply(0, overlay.changes);
    expect(history.at(0).keys("0x", 10)).toEqual(["0x01"]);
    expect(made).toBe(0);
    expect(history.at(0).get("0x01")).toEqual(Uint8Array.of(7));
    expect(new Overlay(history.at(0)).get("0x01")).toEqual(Uint8Array.of(7));
  });

  test("sorts a few new keys into a long list as it sorts many", () => {
    const history = new StateHistory();
    const key = (n: number): string => `0x${n.toString(16).padStart(4, "0")}`;
    const even = Array.from({ length: 500 }, (_, n) => [key(n * 2), Uint8Array.of(1)] as const);
    history.apply(0, new Map(even));
    expect(history.at(0).keys("0x", 2)).toEqual([key(0), key(2)]);
    history.apply(1, new Map([[key(3), Uint8Array.of(1)]]));
    expect(history.at(1).keys("0x", 3, key(0))).toEqual([key(2), key(3), key(4)]);
    expect(history.at(0).keys("0x", 3, key(0))).toEqual([key(2), key(4), key(6)]);
  });
});
