import { describe, expect, test } from "vitest";
import type { ReplayShape } from "../../src/cli/machine-types.ts";
import { textDigest } from "../../src/core/determinism/digest.ts";
import { type RandomStream, randomStream } from "../../src/core/determinism/random.ts";
import type { KillPoint } from "../support/kill-points.ts";
import { recordsOf } from "./bundles.ts";
import { Lives, TEMPO } from "./kill-lives.ts";
import { answer, touchstone } from "./processes.ts";

/** Kills on either path: a few here, hundreds with TOUCHSTONE_KILL_POINTS; TOUCHSTONE_KILL_SEED draws others. */
const KILLS = Number(process.env["TOUCHSTONE_KILL_POINTS"] ?? 8);
const SEED = process.env["TOUCHSTONE_KILL_SEED"] ?? "1";
/** A process that is dead for so many blocks at most leaves every epoch enough of its window. */
const MOST_DEAD = 3;
const MS_A_KILL = 10_000;
const AGAIN = 2;

/** Where a mistake would cost most; a small run begins with these, in a drawn order. */
const DELICATE = /claim|step|submission|seal|bundle|noteUpdate|author/;

/** All moments, again and again in drawn orders; of one that passes often in an epoch, one drawn. */
function* drawn(passed: Readonly<Record<string, number>>, random: RandomStream): Generator<KillPoint, never> {
  const labels = Object.keys(passed).toSorted();
  const delicate = random.shuffle(labels.filter((label) => DELICATE.test(label)));
  const others = random.shuffle(labels.filter((label) => !DELICATE.test(label)));
  for (let round = [...delicate, ...others]; ; round = random.shuffle(labels)) {
    for (const label of round) yield { label, nth: random.between(1, passed[label] ?? 1) };
  }
}

interface Figures {
  killed: number;
  /** Kills of a process that had not sealed anything since the kill before. */
  again: number;
  /** Points that did not come in two epochs: killed there. */
  unreached: number;
}

/** Kills and starts again; ends with a process that seals two more epochs. */
async function lifeAfterLife(lives: Lives, random: RandomStream): Promise<Figures> {
  const figures: Figures = { killed: 0, again: 0, unreached: 0 };
  lives.start();
  await lives.more(1);
  const first = lives.passed;
  await lives.more(1);
  const points = drawn({ ...first, ...lives.passed }, random);
  lives.arm(points.next().value);
  while (figures.killed < KILLS) {
    if (await lives.more(2)) {
      figures.unreached += 1;
      await lives.kill();
    }
    figures.killed += 1;
    await lives.node.advance(random.between(0, MOST_DEAD));
    if (figures.killed === KILLS) break;
    if (random.below(2) === 0) {
      figures.again += 1;
      lives.start(points.next().value);
    } else {
      lives.start();
      await lives.more(1);
      lives.arm(points.next().value);
    }
  }
  lives.start();
  await lives.more(2);
  await lives.end();
  return figures;
}

/** Hashes of the accepted extrinsics, by epoch. */
function acceptedIn(lives: Lives): ReadonlyMap<number, readonly string[]> {
  const accepted = new Map<number, string[]>();
  for (const { block, hash, result } of lives.node.ledger().extrinsics) {
    if (result !== "ok") continue;
    const epoch = Math.floor(block / TEMPO);
    accepted.set(epoch, [...(accepted.get(epoch) ?? []), hash]);
  }
  return accepted;
}

describe("killed at any moment and started again", () => {
  test.each([
    ["direct weights", false],
    ["sealed weights", true],
  ])(
    "%s are on chain once in every epoch, and the bundles are one verified chain",
    async (path, commitReveal) => {
      await using lives = await Lives.begin(commitReveal);
      const figures = await lifeAfterLife(lives, randomStream(textDigest(SEED), path));
      const { extrinsics } = lives.node.ledger();
      const accepted = acceptedIn(lives);
      const last = lives.sealed.at(-1) ?? 0;
      const epochs = Array.from({ length: last }, (_, index) => index + 1);
      const missed = epochs.filter((epoch) => !accepted.has(epoch));
      const doubled = epochs.filter((epoch) => (accepted.get(epoch)?.length ?? 0) > 1);
      const refused = extrinsics
        .filter(({ result }) => result !== "ok")
        .map(({ block, result }) => ({ block, result }));
      const said = { path, ...figures, extrinsics: extrinsics.length, epochs: last, missed, doubled, refused };
      process.stderr.write(`${JSON.stringify(said)}\n`);
      expect({ missed, doubled, refused }).toEqual({ missed: [], doubled: [], refused: [] });

      const bundles = lives.bundles();
      const told = bundles.map((bundle) => {
        const { header, submission } = recordsOf(bundle);
        return [header.epoch, [submission.extrinsic]];
      });
      expect(told).toEqual(epochs.map((epoch) => [epoch, accepted.get(epoch)]));
      const replayed = answer<ReplayShape>(await touchstone(["replay", ...bundles, "--json"]));
      expect(replayed.bundles.every(({ result }) => result === "verified")).toBe(true);
      expect(replayed.chain).toBe("verified");
    },
    60_000 + KILLS * MS_A_KILL,
  );

  test("again and again just before it sends: its epoch gets the extrinsic that was signed first", async () => {
    await using lives = await Lives.begin(false);
    lives.start({ label: "before author_submitAndWatchExtrinsic", nth: 1 });
    expect(await lives.more(1)).toBe(false);
    for (let life = 0; life < AGAIN; life += 1) {
      // Longer in all than what is left of the window when an era is over.
      await lives.node.advance(MOST_DEAD);
      lives.start({ label: "before author_submitExtrinsic", nth: 1 });
      expect(await lives.more(1)).toBe(false);
    }
    lives.start();
    await lives.more(1);
    await lives.end();
    const [bundle = ""] = lives.bundles();
    expect([...acceptedIn(lives)]).toEqual([[1, [recordsOf(bundle).submission.extrinsic]]]);
  }, 60_000);
});
