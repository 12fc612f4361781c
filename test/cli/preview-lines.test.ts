import { expect, test } from "vitest";
import { previewLines } from "../../src/cli/preview-lines.ts";
import { type Preview, preview } from "../../src/core/chain/preview.ts";
import type { ConsensusState, ProposedRow } from "../../src/core/chain/yuma-state.ts";
import { consensusState, rowsOf, type Seat } from "../core/chain/consensus-fixture.ts";

function of(state: ConsensusState, uid: number, row: ProposedRow): Preview {
  const found = preview(state, uid, row);
  if (found === undefined) throw new Error("no preview");
  return found;
}

const SEATS: readonly Seat[] = [{ stake: 256e9 }, { stake: 512e9 }, {}, {}];
const WEIGHTS = rowsOf([
  [0, { 2: 1, 3: 1 }],
  [1, { 2: 1, 3: 1 }],
]);

test("under Yuma: own trust and dividends, then who gains and loses, what is clipped, and what is not known", () => {
  const state = consensusState(SEATS, { weights: WEIGHTS, liquidAlpha: true });
  expect(previewLines(of(state, 0, { uids: [2], values: [1] }))).toEqual([
    "  own trust 100.00 % → 50.00 %, own dividends 33.33 % → 20.00 %",
    "  uid 2: incentive 50.00 % → 60.00 %; own weight 100.00 %, consensus 50.00 %, clipped",
    "  uid 3: incentive 50.00 % → 40.00 %; own weight 0.00 %, consensus 50.00 %",
    "  note: Liquid alpha is on: dividends are approximate, incentives are not touched by it.",
  ]);
});

test("on Null: who is elected, the next election, the shares", () => {
  const state = consensusState([{ stake: 256e9, permit: false }, { stake: 512e9 }, {}], {
    mode: "null",
    weights: [],
    bonds: null,
    serverPoolRao: "1500000000",
  });
  const lines = previewLines(of(state, 0, { uids: [2], values: [1] }));
  expect(lines.slice(0, 4)).toEqual([
    "  refused by the chain as it stands: another validator is elected",
    "  elected now: uid 1 (k1) with 512.000 α",
    "  next election: own stake 256.000 α, next uid 1 with 512.000 α, behind by 256.000 α",
    "  uid 2: incentive 33.33 % → 100.00 %; share 100.00 %, 1.500 α",
  ]);
  expect(previewLines(of(state, 0, { uids: [], values: [] })).join("\n")).toMatch(/WARNING: nothing above zero/);
});

test("of very many the thirty with the largest changes are shown, and how many are left out", () => {
  const state = consensusState([{ stake: 1e9 }, ...Array.from({ length: 2000 }, () => ({}))]);
  const uids = Array.from({ length: 2000 }, (_, index) => index + 1);
  const lines = previewLines(of(state, 0, { uids, values: uids }));
  expect(lines).toHaveLength(32);
  expect(lines[1]).toMatch(/^ {2}uid 1985: /);
  expect(lines.at(-1)).toBe("  and 1970 more with smaller changes (--json has all)");
});
