import { sha256, taggedDigest, toHex } from "../core/determinism/digest.ts";
import { type RandomStream, randomStream } from "../core/determinism/random.ts";
import type { Digest, Ss58 } from "../core/model/ids.ts";
import { makeChute, type SimulatedChute } from "./chutes/chute.ts";
import { addressOf, keyPairFromSeed } from "./chutes/sr25519.ts";

/**
 * `honest` answers by its quality; `slow` after seconds; `cold` has no instance until warmed up; `failing` meets platform
 * errors at random; `copy` serves another miner's answers; `inject` talks to the judge; `garbled` answers honestly but its
 * commitment on chain is rubbish.
 */
export type MinerKind = "honest" | "slow" | "cold" | "failing" | "copy" | "inject" | "garbled";

export interface SimulatedMiner {
  readonly uid: number;
  readonly hotkey: Ss58;
  readonly publicKey: Uint8Array;
  readonly kind: MinerKind;
  /** Latent quality in [0, 1] of what its chute serves. */
  readonly quality: number;
  /** Whose answers it gives: its own uid, or the copied miner's. */
  readonly voice: number;
  readonly chute: SimulatedChute;
  readonly commitment: SimulatedCommitment;
}

interface SimulatedCommitment {
  /** `revealed` = timelocked commitment whose plaintext the chain has opened (chutes.md §6.3). */
  readonly form: "plain" | "revealed";
  readonly text: string;
  /** Order of commitment: 0 is the earliest, a thief is after its victim. */
  readonly order: number;
}

export interface Population {
  readonly seed: Digest;
  /** Ascending by uid from 1; uid 0 is the validator. */
  readonly miners: readonly SimulatedMiner[];
}

/** From this many miners on there is at least one of each kind that misbehaves; below, all are honest. */
const MIXED_FROM = 8;
/** From this many miners on one commitment is rubbish and one miner claims another's chute. */
const CLAIMS_FROM = 12;
const MISBEHAVING: readonly MinerKind[] = ["slow", "cold", "failing", "copy", "inject"];
const SIZES = ["3B", "7B", "8B", "14B", "32B"] as const;
const NAMES = ["Slate", "Flint", "Basalt", "Jasper", "Agate", "Onyx", "Quartz", "Marble"] as const;

/** The digest from which everything in a localnet is drawn. */
export function localSeed(seed: number): Digest {
  return taggedDigest("touchstone/localnet/v1", String(seed));
}

/** 32 secret bytes under a label; the keys of the simulated world come from here. */
export function secretOf(seed: Digest, label: string): Uint8Array {
  return sha256("touchstone/localnet/key/v1 ", seed, " ", label);
}

/** Miners 1 … `count`, drawn from the seed. `cryptoReady()` must have been awaited. */
export function makePopulation(seed: Digest, count: number): Population {
  const random = randomStream(seed, "population");
  const uids = random.shuffle(Array.from({ length: count }, (_, index) => index + 1));
  const kinds = assignKinds(uids);
  const ofKind = (...wanted: MinerKind[]): number[] =>
    uids.filter((uid) => wanted.includes(kinds.get(uid) ?? "honest"));
  const honest = ofKind("honest");
  // Those that will have a score of their own share [0, 1] among them; nobody sees what the others could do.
  const qualities = new Map([
    ...spread(ofKind("honest", "slow", "failing"), random),
    ...spread(ofKind("cold", "garbled"), random),
    ...ofKind("inject").map((uid) => [uid, 0.05 + random.below(100) / 1000] as const),
  ]);
  const drafts = new Map<number, SimulatedMiner>();
  for (const uid of uids) {
    const kind = kinds.get(uid) ?? "honest";
    const voice = kind === "copy" ? random.pick(honest) : uid;
    drafts.set(uid, draftMiner(seed, { uid, kind, quality: qualities.get(uid) ?? 0, voice }, random));
  }
  const thief = count >= CLAIMS_FROM ? uids[MISBEHAVING.length * perKind(count) + 1] : undefined;
  const miners = [...drafts.values()].map((miner) => settle(miner, drafts, miner.uid === thief));
  return { seed, miners: miners.toSorted((a, b) => a.uid - b.uid) };
}

function perKind(count: number): number {
  return count < MIXED_FROM ? 0 : Math.max(1, Math.floor(count / 16));
}

/** The first uids of the shuffled list misbehave, kind by kind; then one garbled commitment and one thief. */
function assignKinds(uids: readonly number[]): ReadonlyMap<number, MinerKind> {
  const each = perKind(uids.length);
  const row = MISBEHAVING.flatMap((kind) => Array.from({ length: each }, () => kind));
  if (uids.length >= CLAIMS_FROM) row.push("garbled", "copy");
  return new Map(uids.map((uid, index) => [uid, row[index] ?? "honest"]));
}

/** One quality per n-th of [0, 1], a little off its middle, in drawn order. */
function spread(uids: readonly number[], random: RandomStream): (readonly [uid: number, quality: number])[] {
  const steps = uids.map((_, index) => (index + 0.25 + random.below(500) / 1000) / uids.length);
  const drawn = random.shuffle(steps);
  return uids.map((uid, index) => [uid, drawn[index] ?? 0.5]);
}

interface Draft {
  readonly uid: number;
  readonly kind: MinerKind;
  readonly quality: number;
  readonly voice: number;
}

function draftMiner(seed: Digest, draft: Draft, random: RandomStream): SimulatedMiner {
  const { publicKey } = keyPairFromSeed(secretOf(seed, `miner/${draft.uid}`));
  const username = `local_${String(draft.uid).padStart(4, "0")}`;
  const name = `${username}/${random.pick(NAMES)}-${random.pick(SIZES)}-${toHex(random.bytes(2)).slice(2)}`;
  const chute = makeChute({ username, name, public: false, tee: true, price: null });
  const form = random.below(4) === 0 ? "revealed" : "plain";
  const commitment = { form, text: claimOf(chute), order: draft.uid } as const;
  return { ...draft, hotkey: addressOf(publicKey), publicKey, chute, commitment };
}

/** Copies answer with their victim's quality; a thief claims its victim's chute, later; a garbled one claims nothing readable. */
function settle(miner: SimulatedMiner, drafts: ReadonlyMap<number, SimulatedMiner>, thief: boolean): SimulatedMiner {
  if (miner.kind === "garbled") {
    return { ...miner, commitment: { form: "plain", text: '{"v":1,"model":\u0000 chute?', order: miner.uid } };
  }
  const victim = drafts.get(miner.voice);
  if (miner.kind !== "copy" || victim === undefined) return miner;
  const copy = { ...miner, quality: victim.quality };
  if (!thief) return copy;
  const commitment = { form: "plain", text: claimOf(victim.chute), order: drafts.size + miner.uid } as const;
  return { ...copy, chute: victim.chute, commitment };
}

/**
 * What a miner writes on chain (chutes.md §6.3, "Ours"). About half of them leave the revision out: then it fits the 128 bytes of
 * one `Raw` field, which is all that the Python SDK 10 reads; longer ones are `BigRaw` (sdk-vectors/commitments.json).
 */
function claimOf({ name, revision, chuteId }: SimulatedChute): string {
  const short = /[0-7]$/.test(chuteId);
  return JSON.stringify({ v: 1, model: name, ...(short ? {} : { revision }), chute_id: chuteId });
}
