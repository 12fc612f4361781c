import type { Decimal, Ss58 } from "../model/ids.ts";
import type { Neuron } from "../model/metagraph.ts";
import { asStored } from "./yuma-epoch.ts";
import type { Change } from "./yuma-preview.ts";
import type { ConsensusState, ProposedRow, StoredRow } from "./yuma-state.ts";

export interface Staker {
  readonly uid: number;
  readonly hotkey: Ss58;
  readonly stakeRao: Decimal;
}

export interface NullLine {
  readonly uid: number;
  readonly hotkey: Ss58;
  /** w ÷ Σw. */
  readonly share: number;
  /** Of the server pool, in whole rao; null when the chain does not say how much there is. */
  readonly rao: Decimal | null;
  /** u16 of the share, against that of the row that pays now. */
  readonly incentive: Change;
}

/** What a vector would do on a Null subnet (chain-newest.md §1.6): no consensus, no clipping, no trust. */
export interface NullPreview {
  readonly kind: "null";
  readonly uid: number;
  /** Only the elected validator's row is accepted. */
  readonly refused: "not-elected" | "stake-too-low" | null;
  /** Who holds the permit; null when nobody does. */
  readonly elected: Staker | null;
  readonly election: {
    readonly own: Decimal;
    /** The largest stake but ours; null when there is no other neuron. */
    readonly rival: Staker | null;
    /** Own stake less the rival's, in rao; negative when we are behind. */
    readonly marginRao: Decimal;
    /** Whether we are elected at the next epoch if stakes stay: ties go to the lower uid, and no stake elects nobody. */
    readonly wins: boolean;
  };
  /** Nothing above zero: the pool is shared by all uids alike. */
  readonly allZero: boolean;
  readonly miners: readonly NullLine[];
  readonly approximate: readonly string[];
}

/** Pure; undefined when nobody has that uid. */
export function nullPreview(state: ConsensusState, uid: number, row: ProposedRow): NullPreview | undefined {
  const own = state.neurons[uid];
  if (own === undefined) return undefined;
  const elected = state.neurons.find((neuron) => neuron.permit);
  const before = sharesOf(state, elected === undefined ? new Map() : countedEntries(state, elected));
  const entries = entriesOf({ uid, ...row }, state.neurons.length);
  const after = sharesOf(state, entries);
  const units = state.serverPoolRao === null ? null : apportion(BigInt(state.serverPoolRao), after.parts);
  return {
    kind: "null",
    uid,
    refused: refusalOf(state, own),
    elected: elected === undefined ? null : stakerOf(elected),
    election: electionOf(state.neurons, own),
    allZero: entries.size === 0,
    miners: state.neurons.map(({ hotkey }, index) => ({
      uid: index,
      hotkey,
      share: after.shares[index] ?? 0,
      rao: units === null ? null : String(units[index] ?? 0n),
      incentive: { before: asStored(before.shares[index] ?? 0), after: asStored(after.shares[index] ?? 0) },
    })),
    approximate: approximations(state),
  };
}

function refusalOf(state: ConsensusState, own: Neuron): NullPreview["refused"] {
  if (!own.permit) return "not-elected";
  const exempt = own.hotkey === state.ownerHotkey;
  return !exempt && BigInt(own.stakeRao) < BigInt(state.stakeThresholdRao) ? "stake-too-low" : null;
}

/** The standing row without what was registered after it, which the chain ignores (chain-newest.md §1.4). */
function countedEntries(state: ConsensusState, elected: Neuron): ReadonlyMap<number, number> {
  const row = state.weights.find((candidate) => candidate.uid === elected.uid);
  if (row === undefined) return new Map();
  const entries = [...entriesOf(row, state.neurons.length)];
  return new Map(entries.filter(([uid]) => (state.neurons[uid]?.registeredAt ?? 0) <= elected.lastUpdate));
}

/** Positive weights of uids that there are. */
function entriesOf({ uids, values }: StoredRow, size: number): ReadonlyMap<number, number> {
  const entries = new Map(uids.map((uid, at) => [uid, values[at] ?? 0]));
  return new Map([...entries].filter(([uid, value]) => uid < size && value > 0));
}

interface Shares {
  readonly parts: readonly bigint[];
  readonly shares: readonly number[];
}

/** Of an empty row all have the same. */
function sharesOf({ neurons }: ConsensusState, entries: ReadonlyMap<number, number>): Shares {
  const parts = neurons.map((_neuron, uid) => (entries.size === 0 ? 1 : (entries.get(uid) ?? 0)));
  const total = parts.reduce((all, part) => all + part, 0);
  return { parts: parts.map(BigInt), shares: parts.map((part) => part / total) };
}

/** Whole units: ⌊budget × part ÷ Σ⌋ each, and one more for the largest remainders, of equal ones the lower uid; the sum is exact. */
export function apportion(budget: bigint, parts: readonly bigint[]): bigint[] {
  const total = parts.reduce((all, part) => all + part, 0n);
  if (total === 0n) return parts.map(() => 0n);
  const units = parts.map((part) => (budget * part) / total);
  let left = budget - units.reduce((all, unit) => all + unit, 0n);
  const order = parts
    .map((part, index) => ({ index, rest: (budget * part) % total }))
    .toSorted((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest < b.rest ? 1 : -1));
  for (const { index } of order) {
    if (left === 0n) break;
    units[index] = (units[index] ?? 0n) + 1n;
    left -= 1n;
  }
  return units;
}

function electionOf(neurons: readonly Neuron[], own: Neuron): NullPreview["election"] {
  const stake = (neuron: Neuron | undefined): bigint => BigInt(neuron?.stakeRao ?? 0);
  let rival: Neuron | undefined;
  for (const neuron of neurons) {
    if (neuron.uid !== own.uid && (rival === undefined || stake(neuron) > stake(rival))) rival = neuron;
  }
  const margin = stake(own) - stake(rival);
  const wins = stake(own) > 0n && (margin > 0n || (margin === 0n && own.uid < (rival?.uid ?? own.uid + 1)));
  return {
    own: own.stakeRao,
    rival: rival === undefined ? null : stakerOf(rival),
    marginRao: String(margin),
    wins,
  };
}

function stakerOf({ uid, hotkey, stakeRao }: Neuron): Staker {
  return { uid, hotkey, stakeRao };
}

function approximations(state: ConsensusState): string[] {
  const notes = state.assumed.map((name) => `The chain does not say ${name}; its usual value was taken.`);
  if (state.serverPoolRao === null) notes.push("The chain does not say how much there is to share.");
  else notes.push("The pool is what has gathered so far in this epoch; who gets the last rao may differ.");
  if (state.commitRevealEnabled) notes.push("Commit-reveal is on: the row that pays now is the last revealed one.");
  return notes;
}
