import { randomStream } from "../determinism/random.ts";
import type { Challenge } from "../model/answers.ts";
import type { Digest, Hex } from "../model/ids.ts";
import type { MetagraphSnapshot } from "../model/metagraph.ts";
import type { Pack } from "../model/pack.ts";
import type { Header } from "../model/records.ts";
import { publicSeed, secretDigest, secretSeed } from "./seeds.ts";

export interface ChallengeFacts {
  readonly header: Pick<Header, "netuid" | "mechid" | "epoch" | "mode" | "scoring">;
  readonly snapshot: MetagraphSnapshot;
  readonly pack: Pack;
  /** The cycle secret, 32 bytes. */
  readonly secret: Hex;
}

/** The challenge of a cycle, without its place in the chain of records. @throws RangeError unless the secret has 32 bytes. */
export function drawChallenge(facts: ChallengeFacts): Omit<Challenge, "kind" | "parents"> {
  const { header, snapshot, pack, secret } = facts;
  const shared = publicSeed(header, snapshot.block.hash, pack.manifest);
  const { verifiable, judged } = header.scoring.tasks;
  return {
    publicSeed: shared,
    secretDigest: secretDigest(secret),
    tasks: pack.draw({ publicSeed: shared, secretSeed: secretSeed(shared, secret), verifiable, judged }),
    deadlineBlock: deadlineBlock(snapshot, header.mode),
  };
}

/**
 * The block from which on no question is sent. `run` leaves the end of its epoch to judging and submitting: a quarter of the
 * tempo, at most 40 blocks, so that direct weights make their window of 30 to 8 blocks (DESIGN §2). A cycle started by hand
 * runs at once, wherever the epoch stands, and has one epoch more. The next epoch begins where the chain says, or else a
 * tempo after the snapshot.
 */
export function deadlineBlock(snapshot: MetagraphSnapshot, mode: Header["mode"]): number {
  const { tempo } = snapshot.hyperparameters;
  const next = snapshot.epochState.nextEpochBlock ?? snapshot.block.number + tempo;
  return mode === "run" ? next - Math.min(40, Math.floor(tempo / 4)) : next + tempo;
}

/** The sampling seed sent with a question, in [0, 2^31): the same for every miner of a task, which is fair to all. */
export function questionSeed(seed: Digest, taskId: string): number {
  return randomStream(seed, `question/${taskId}`).below(0x8000_0000);
}
