import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ReplayShape } from "../../src/cli/machine-types.ts";
import { deriveSheet, deriveVector, type Premises } from "../../src/core/audit/derive.ts";
import { textDigest } from "../../src/core/determinism/digest.ts";
import type { Hex } from "../../src/core/model/ids.ts";
import type { RosterEntry } from "../../src/core/model/roster.ts";
import { generalPack } from "../../src/packs/general/general-pack.ts";
import { type Bench, type Records, recordsOf, replaced, resealed } from "./bundles.ts";
import { answer } from "./processes.ts";
import { replayed, type SealedChain, sealedChain, verdict } from "./sealed-chain.ts";

/** Issue "What must be shown" 2: whoever has the validator's key can seal anything, and still not make it follow. */

let bench: Bench;
let sealed: SealedChain;
let at: SealedChain["at"];
beforeAll(async () => {
  sealed = await sealedChain(2);
  ({ at, bench } = sealed);
}, 90_000);
afterAll(() => sealed[Symbol.dispose]());

type Forgery = (records: Records) => Records;

function premisesOf({ header, snapshot, seal }: Records): Premises {
  return { header, snapshot, pack: generalPack, secret: seal.secret };
}

/** Score sheet and weights as they follow from the other records: a forger leaves no loose end that he can tie. */
function scoredAnew(records: Records, before = records.sheet.before): Records {
  const premises = premisesOf(records);
  const { challenge, judgements, responses, roster } = records;
  const sheet = deriveSheet(premises, roster, { challenge, responses, judgements, before });
  return weighedAnew({ ...records, sheet });
}

function weighedAnew(records: Records): Records {
  return { ...records, vector: deriveVector(premisesOf(records), records.roster, records.sheet) };
}

const FORGERIES: readonly (readonly [what: string, record: string, field: RegExp, forge: Forgery])[] = [
  [
    "a miner's score, with the weights to fit",
    "score-sheet",
    /^miners\[\d\]\.score$/,
    (records) => {
      const { sheet } = records;
      const miners = replaced(
        sheet.miners,
        ({ score }) => score !== null && score < 0,
        (miner) => ({ ...miner, score: 3 }),
      );
      return weighedAnew({ ...records, sheet: { ...sheet, miners } });
    },
  ],
  [
    "a judge's score",
    "judgement",
    /^score$/,
    (records) =>
      scoredAnew({
        ...records,
        judgements: replaced(
          records.judgements,
          ({ judge, score }) => judge.kind === "model" && score !== null && score < 1,
          (judgement) => ({ ...judgement, score: 1 }),
        ),
      }),
  ],
  [
    "a verifier's score",
    "judgement",
    /^score$/,
    (records) =>
      scoredAnew({
        ...records,
        judgements: replaced(
          records.judgements,
          ({ score }) => score === 0,
          (judgement) => ({ ...judgement, score: 1 }),
        ),
      }),
  ],
  [
    "a judge's missing verdict, made a number",
    "judgement",
    /^(score|fault|attempts)/,
    (records) =>
      scoredAnew({
        ...records,
        judgements: replaced(
          records.judgements,
          ({ judge }) => judge.kind === "model",
          (judgement) => ({ ...judgement, attempts: judgement.attempts.map((attempt) => ({ ...attempt, raw: null })) }),
        ),
      }),
  ],
  [
    "the expected answer of a task",
    "challenge",
    /^tasks\[0\]\.expected$/,
    (records) => {
      const { challenge } = records;
      const tasks = replaced(
        challenge.tasks,
        ({ expected }) => expected !== null,
        (task) => ({ ...task, expected: "42x" }),
      );
      return { ...records, challenge: { ...challenge, tasks } };
    },
  ],
  [
    "the secret from which tasks are drawn",
    "challenge",
    /^secretDigest$|^tasks/,
    (records) => ({ ...records, seal: { ...records.seal, secret: `0x${randomBytes(32).toString("hex")}` as Hex } }),
  ],
  [
    "a miner's right to be asked",
    "roster",
    /^entries\[\d\]/,
    (records) => {
      const { roster } = records;
      const entries = replaced<RosterEntry>(
        roster.entries,
        (entry) => entry.eligible,
        ({ uid, hotkey, registeredAt }) => ({
          uid,
          hotkey,
          registeredAt,
          eligible: false,
          reason: "chute-disabled",
          detail: "The chute is disabled on the platform.",
        }),
      );
      const [gone] = entries.filter((entry) => !entry.eligible && entry.reason === "chute-disabled");
      const stays = ({ uid }: { readonly uid: number }): boolean => uid !== gone?.uid;
      return scoredAnew({
        ...records,
        roster: { ...roster, entries },
        responses: records.responses.filter(stays),
        judgements: records.judgements.filter(stays),
      });
    },
  ],
  [
    "an answer left out",
    "response",
    /^(uid|taskId)$/,
    (records) => {
      const [first] = records.responses;
      const stays = (record: { readonly uid: number; readonly taskId: string }): boolean =>
        record.uid !== first?.uid || record.taskId !== first.taskId;
      return scoredAnew({
        ...records,
        responses: records.responses.filter(stays),
        judgements: records.judgements.filter(stays),
      });
    },
  ],
  [
    "an answer's text, without judging it anew",
    "judgement",
    /^score$/,
    (records) => {
      const right = new Set(
        records.judgements.filter(({ score }) => score === 1).map(({ uid, taskId }) => `${uid}/${taskId}`),
      );
      return {
        ...records,
        responses: replaced(
          records.responses,
          ({ uid, taskId }) => taskId === "t00" && right.has(`${uid}/${taskId}`),
          (response) => ({
            ...response,
            outcome: response.outcome.answered
              ? { ...response.outcome, text: "no", textDigest: textDigest("no") }
              : response.outcome,
          }),
        ),
      };
    },
  ],
  [
    "the weights alone",
    "weight-vector",
    /^values\[0\]$/,
    (records) => ({ ...records, vector: { ...records.vector, values: records.vector.values.with(0, 777) } }),
  ],
  [
    "the verdict's worth in the rules of the pack",
    "header",
    /^pack\.judge\.verdicts/,
    (records) => {
      const { header } = records;
      const verdicts = header.pack.judge.verdicts.map((verdict) => ({ ...verdict, score: 1 }));
      return { ...records, header: { ...header, pack: { ...header.pack, judge: { ...header.pack.judge, verdicts } } } };
    },
  ],
  [
    "a submission that a run with a key cannot have made",
    "submission",
    /^submission$/,
    (records) => ({ ...records, submission: { ...records.submission, submission: "dry-run" } }),
  ],
];

describe("forged and sealed anew with every digest made right", () => {
  test.for(FORGERIES)(
    "%s does not follow, not even with the validator's own signature",
    async ([, record, field, forge]) => {
      const good = recordsOf(at(1));
      const { result, signature, first } = await verdict(bench.pack(resealed(forge(good), sealed.insider)));
      expect([result, signature]).toEqual(["mismatch", "verified"]);
      expect(first?.record).toBe(record);
      expect(first?.field).toMatch(field);
    },
  );

  test("with a key of somebody else the signature is seen", async () => {
    using others = await sealedChain(0, "--seed", "99");
    const { result, signature, first } = await verdict(bench.pack(resealed(recordsOf(at(0)), others.insider)));
    expect([result, signature]).toEqual(["mismatch", "mismatch"]);
    expect(first).toMatchObject({ record: "seal", field: "signature" });
  }, 90_000);

  test("with the signature taken off it is no bundle of a run with a key", async () => {
    const good = recordsOf(at(0));
    const { result, signature, first } = await verdict(
      bench.pack(resealed({ ...good, seal: { ...good.seal, signature: "absent" } })),
    );
    expect([result, signature]).toEqual(["mismatch", "absent"]);
    expect(first).toMatchObject({ record: "seal", field: "signature" });
  });

  test("a better past for a miner follows in itself, and does not follow from the bundle before", async () => {
    const good = recordsOf(at(1));
    const { before } = good.sheet;
    const miners = before.miners.map((miner, index) =>
      index === 0 ? { ...miner, verifiable: { ...miner.verifiable, sum: miner.verifiable.sum + 4 } } : miner,
    );
    const file = bench.pack(resealed(scoredAnew(good, { ...before, miners }), sealed.insider));
    const { bundles, chain: links } = answer<ReplayShape>(await replayed(at(0), file), 1);
    expect(bundles.map(({ result }) => result)).toEqual(["verified", "verified"]);
    expect(links).toBe("mismatch");
  });
});
