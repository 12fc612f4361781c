import { expect, test } from "vitest";
import type { NodeFault } from "../../src/localnet/node/faults.ts";
import { type MarathonResult, runMarathon } from "../support/fault-marathon.ts";
import type { EpochRecord } from "../support/marathon-chain.ts";

/** Of all calls, one in fifty goes wrong. */
const ANY_CALL: readonly NodeFault[] = [
  { target: "node", match: "*", kind: "drop", probability: 0.003 },
  { target: "node", match: "*", kind: "drop", value: 1, probability: 0.003 },
  { target: "node", match: "*", kind: "delay", value: 60, probability: 0.003 },
  { target: "node", match: "*", kind: "half-open", probability: 0.001 },
  { target: "node", match: "*", kind: "half-open", value: 1, probability: 0.001 },
  { target: "node", match: "*", kind: "error", probability: 0.003 },
  { target: "node", match: "*", kind: "truncate", probability: 0.003 },
  { target: "node", match: "*", kind: "wrong", probability: 0.003 },
];
/** Beyond those: what a node's pool may say to weights, each to one submission in fifty. */
const POOL: readonly NodeFault[] = [1010, 1012, 1013, 1014, 1016].map((value) => ({
  target: "node",
  match: "author_submitAndWatchExtrinsic",
  kind: "error",
  value,
  probability: 0.02,
}));
/** Of all blocks. */
const CHAIN: readonly NodeFault[] = [
  { target: "node", match: "*", kind: "lag", value: 6, probability: 0.02 },
  { target: "node", match: "*", kind: "fork", value: 2, probability: 0.02 },
];
const FAULTS = [...POOL, ...ANY_CALL, ...CHAIN];

/** Five hundred are run before a release. */
const EPOCHS = Number(process.env["TOUCHSTONE_MARATHON_EPOCHS"] ?? 16);
const SEED = Number(process.env["TOUCHSTONE_MARATHON_SEED"] ?? 1);
/** Seconds for machines that do something else, too. */
const MS_PER_EPOCH = 15_000;
test.each([
  ["sealed weights", true, EPOCHS],
  ["direct weights", false, Math.ceil(EPOCHS / 4)],
])(
  "%s: with faults everywhere every epoch gets them, none twice, and the end is that of a quiet chain",
  {
    timeout: 2 * EPOCHS * MS_PER_EPOCH,
  },
  async (name, commitReveal, epochs) => {
    const quiet = await runMarathon({ epochs, commitReveal, seed: SEED, faults: [] });
    const { opened, ...rough } = await runMarathon({ epochs, commitReveal, seed: SEED, faults: FAULTS });
    process.stderr.write(`${figures(name, rough)}\n`);
    expect(rough.epochs).toHaveLength(epochs);
    expect(told(rough, ({ accepted }) => accepted.length === 0)).toEqual([]);
    expect(told(rough, ({ accepted }) => accepted.length > 1)).toEqual([]);
    if (commitReveal) expect(told(rough, ({ epoch }) => opened.get(epoch) !== 1)).toEqual([]);
    expect(rough.queued).toEqual([]);
    expect(rough.rows).toEqual(quiet.rows);
    expect(rough.rows[0]).not.toEqual([]);
    expect(Object.keys(rough.happened).length).toBeGreaterThan(4);
  },
);

type Seen = Pick<MarathonResult, "epochs" | "story">;

/** The epochs that are so, each with what was said in it. */
function told({ epochs, story }: Seen, isSo: (record: EpochRecord) => boolean): readonly object[] {
  return epochs.filter(isSo).map((record) => ({
    ...record,
    said: story
      .filter(({ block }) => block >= record.from && block <= record.to + 5)
      .map(({ text }) => text.slice(0, 400)),
  }));
}

function figures(name: string, { epochs, happened, requests }: Omit<MarathonResult, "opened">): string {
  const count = (isSo: (record: EpochRecord) => boolean): number => epochs.filter(isSo).length;
  const accepted = epochs.reduce((sum, record) => sum + record.accepted.length, 0);
  const refused = epochs.reduce((sum, record) => sum + record.refused.length, 0);
  const missed = count((record) => record.accepted.length === 0);
  const doubled = count((record) => record.accepted.length > 1);
  const what = { epochs: epochs.length, accepted, refused, missed, doubled, requests, faults: happened };
  return `fault marathon, ${name}: ${JSON.stringify(what)}`;
}
