import { describe, expect, test } from "vitest";
import { runCycle } from "../../src/application/cycle.ts";
import type { Fault } from "../../src/core/model/fault.ts";
import type { Hex } from "../../src/core/model/ids.ts";
import type { Commit, Submission } from "../../src/core/model/records.ts";
import type { Observation, RevealSight, SubmissionOutcome, WeightSubmitter } from "../../src/ports/chain.ts";
import { Bench, goodScript, replayFile, SETTINGS, SIGNER, sealedOf } from "../support/cycle-bench.ts";
import { type ScriptedPorts, scriptedPorts } from "../support/scripted-ports.ts";
import { firstBlock, NETUID, observationOf, secretOf } from "../support/scripted-world.ts";
import { commitOf, ROUND } from "../support/sealed-weights.ts";
import { Cut, Tripwire } from "../support/tripwire.ts";

/**
 * A commit on a Null subnet that a pruning takes away, and what is sent in its place (chain-newest.md §1.7), with processes that
 * end at any call. What the chain accepted stands in the world; the record has to say the same.
 */
type Second = "accepted" | "refused" | "unsure" | "withheld" | "lost";

const call = "commit_timelocked_mechanism_weights";
const EPOCH = 3;

class PruningWorld {
  readonly accepted: { readonly extrinsic: Hex; readonly commit: Commit; readonly block: number }[] = [];
  readonly #second: Second;
  #height = firstBlock(EPOCH) + 2;
  #signed = 0;

  constructor(second: Second) {
    this.#second = second;
  }

  /** Asked for, some blocks have come. */
  block(): number {
    this.#height += 2;
    return this.#height;
  }

  /** The first commit is gone with the first look. */
  reveal(commit: Commit): RevealSight {
    return {
      block: { hash: hashOf(this.#height), number: this.#height },
      epochIndex: EPOCH,
      queued: commit.round !== ROUND,
      pulse: null,
      lastStoredRound: 0,
      row: null,
      uid: 0,
      permit: true,
      owner: false,
      stakeRao: "5000000000000",
      neurons: 3,
      mode: "null",
      limits: { minAllowedWeights: 1, weightsVersionKey: "0", stakeThresholdRao: "0", mechanismCount: 1 },
    };
  }

  submitter(wire: Tripwire): WeightSubmitter {
    return {
      submit: (plan, progress) =>
        wire.around("submit", async () => {
          const second = this.accepted.length > 0 ? this.#second : "accepted";
          if (second === "withheld") return { kind: "withheld", reason: "pruning", detail: "uids move" };
          this.#signed += 1;
          const extrinsic = hashOf(0xe0 + this.#signed);
          const round = ROUND + this.accepted.length;
          const commit = commitOf({ hotkey: SIGNER.hotkey, uids: plan.uids, values: plan.values }, { round });
          const era = { eraBirth: this.#height, eraPeriod: 16 };
          await progress({ state: "signed", extrinsic, nonce: 1, ...era, bytes: "0x51", call, resolved: null, commit });
          if (second === "refused" || (second === "lost" && this.#signed > 2)) return failed(extrinsic, commit, false);
          await progress({ state: "broadcast", extrinsic });
          if (second === "unsure") return failed(extrinsic, commit, true);
          if (second === "lost") return failed(extrinsic, commit, false, "chain-unconfirmed");
          this.accepted.push({ extrinsic, commit, block: this.block() });
          const block = { hash: hashOf(this.#height), number: this.#height };
          await progress({ state: "finalized", extrinsic, block });
          await progress({ state: "reflected", extrinsic, block });
          return this.#arrived(extrinsic) ?? failed(extrinsic, commit, true);
        }),
      settle: (_plan, known) =>
        wire.around("settle", async () => {
          if (known.extrinsic === null || known.commit === null) throw new Error("nothing was signed");
          return this.#arrived(known.extrinsic) ?? this.#unseen(known.extrinsic, known.commit);
        }),
    };
  }

  #arrived(extrinsic: Hex): SubmissionOutcome | undefined {
    const found = this.accepted.find((one) => one.extrinsic === extrinsic);
    if (found === undefined) return undefined;
    const block = { hash: hashOf(found.block), number: found.block };
    const { commit } = found;
    return { kind: "timelocked", state: "reflected", call, extrinsic, block, resolved: null, commit, fault: null };
  }

  #unseen(extrinsic: Hex, commit: Commit): SubmissionOutcome {
    return failed(extrinsic, commit, this.#second === "unsure", "chain-unconfirmed");
  }
}

function failed(
  extrinsic: Hex,
  commit: Commit,
  open: boolean,
  code: Fault["code"] = "chain-refused",
): SubmissionOutcome {
  const fault: Fault = { code, blame: "chain", retryable: code !== "chain-refused", message: "No.", remedy: "Wait." };
  return { kind: "failed", path: "timelocked", commit, state: "signed", extrinsic, fault, open };
}

function hashOf(seed: number): Hex {
  return `0x${seed.toString(16).padStart(4, "0").repeat(16)}`;
}

/** One process in that world. */
async function run(
  bench: Bench,
  world: PruningWorld,
  wire: Tripwire = new Tripwire(),
): Promise<{ readonly ports: ScriptedPorts; readonly bundle: string; readonly submission: Submission | undefined }> {
  return bench.inside(async (journal) => {
    const seen = observationOf({ epoch: EPOCH, miners: 2, own: SIGNER.hotkey });
    const observation: Observation = {
      ...seen,
      epochState: { ...seen.epochState, mode: "null" },
      hyperparameters: { ...seen.hyperparameters, commitRevealEnabled: true },
    };
    const { submissions: _none, settle: _neither, ...rest } = goodScript();
    const script = {
      ...rest,
      observation,
      block: () => world.block(),
      reveal: ({ commit }: { commit: Commit }) => world.reveal(commit),
    };
    const ports = scriptedPorts({
      script,
      journal,
      signer: SIGNER,
      ledger: bench.ledger,
      secret: secretOf(EPOCH),
      wire,
    });
    const settings = { ...SETTINGS, mode: "run" } as const;
    const result = await runCycle({ ...ports, submitter: world.submitter(wire) }, settings, wire.abort.signal);
    const log = await journal.open({ netuid: NETUID, mechid: 0, epoch: EPOCH }, () => "0x00");
    const bundle = result.kind === "recorded" ? result.cycle.bundle : sealedOf(result).bundle;
    return { ports, bundle, submission: log.find("submission") };
  });
}

/** What has to be on record, whoever was killed when. */
function truth(world: PruningWorld, second: Second): unknown {
  const last = world.accepted.at(-1);
  if (last === undefined) throw new Error("the first commit was not accepted");
  const { block, commit, extrinsic } = last;
  if (second === "accepted") {
    expect(commit.round).toBe(ROUND + 1);
    return { submission: "timelocked", extrinsic, commit, block: { number: block }, fault: null };
  }
  return { submission: "timelocked", extrinsic, commit, block: { number: block }, fault: { code: "chain-refused" } };
}

/** Where an end leaves another journal or another chain than the end before. */
const DELICATE = /^(submit|step|settle|reveal|append|sign|seal)/;

/** Ends one process at each of these calls, and lets the next one finish; what was before is made anew each time. */
async function endingAnywhere(
  second: Second,
  before: (bench: Bench, world: PruningWorld) => Promise<void>,
): Promise<void> {
  using whole = new Bench();
  const undisturbed = new PruningWorld(second);
  await before(whole, undisturbed);
  const { ports, submission } = await run(whole, undisturbed);
  expect(submission).toMatchObject(truth(undisturbed, second) as object);
  const { calls } = ports.wire;
  const from = calls.findIndex((name) => /^(submit|settle)/.test(name));
  for (let at = from + 1; at <= calls.length; at += 1) {
    if (!DELICATE.test(calls[at - 1] ?? "")) continue;
    for (const how of ["before", "after"] as const) {
      using bench = new Bench();
      const world = new PruningWorld(second);
      await before(bench, world);
      const said = `ended ${how} call ${at}, ${calls[at - 1]}`;
      const outcome = await run(bench, world, new Tripwire({ at, how })).catch((error: unknown) => error);
      expect(outcome, said).toBeInstanceOf(Cut);
      const next = await run(bench, world);
      expect(next.submission, said).toMatchObject(truth(world, second) as object);
      expect(await replayFile(next.bundle), said).toMatchObject({ result: "verified", signature: "verified" });
    }
  }
}

/** The call at which the first commit is accepted and nobody has noted it. */
async function acceptedUnnoted(bench: Bench, world: PruningWorld): Promise<void> {
  using whole = new Bench();
  const { ports } = await run(whole, new PruningWorld("accepted"));
  const at = ports.wire.calls.indexOf("submit") + 4;
  await run(bench, world, new Tripwire({ at, how: "before" })).catch(() => undefined);
  expect(world.accepted).toHaveLength(1);
}

describe("a commit that a pruning took away, and a process that ends at any call afterwards", () => {
  const SECONDS: readonly Second[] = ["accepted", "refused", "lost", "withheld"];

  test.each(SECONDS)(
    "leaves on record what the chain accepted last, when the next one is %s",
    async (second) => {
      await endingAnywhere(second, async () => undefined);
    },
    120_000,
  );

  test.each<Second>(["refused", "lost"])(
    "also when the first was accepted unnoted, and the next one is %s",
    async (second) => {
      await endingAnywhere(second, acceptedUnnoted);
    },
    120_000,
  );
});
