import { claimOf } from "../chain/commitments.ts";
import type { Ss58 } from "../model/ids.ts";
import type { Commitment, MetagraphSnapshot, Neuron } from "../model/metagraph.ts";
import type { ChuteClaim, DiscoveryRules } from "../model/pack.ts";
import type { ChuteEvidence, IneligibleReason, Roster, RosterEntry } from "../model/roster.ts";
import { resolveTarget } from "./target.ts";

export interface RosterFacts {
  readonly snapshot: MetagraphSnapshot;
  /** Null for a dry run without a key: then nobody is left out as ourselves. */
  readonly ownHotkey: Ss58 | null;
  /** What the catalogue said of the chutes that {@link claimedChutes} named, one of each. */
  readonly chutes: readonly ChuteEvidence[];
  readonly rules: DiscoveryRules;
}

/** A neuron and what its commitment amounts to, before any chute is looked at. */
type Standing =
  | { readonly neuron: Neuron; readonly claim: ChuteClaim; readonly block: number }
  | { readonly neuron: Neuron; readonly claim: null; readonly reason: IneligibleReason; readonly detail: string };
type Claimant = Extract<Standing, { block: number }>;

/** The chute ids that must be looked up, ascending and without repeats. */
export function claimedChutes(snapshot: MetagraphSnapshot, ownHotkey: Ss58 | null): readonly string[] {
  return [...holdersOf(standingsOf(snapshot, ownHotkey)).keys()].toSorted();
}

/** Who takes part with which chute, and why everybody else does not (docs/bundle.md part C). */
export function buildRoster(facts: RosterFacts): Omit<Roster, "kind" | "parents"> {
  const standings = standingsOf(facts.snapshot, facts.ownHotkey);
  const holders = holdersOf(standings);
  const evidence = new Map(facts.chutes.map((chute) => [chute.chuteId, chute]));
  const entries = standings.map((standing): RosterEntry => {
    const { uid, hotkey, registeredAt } = standing.neuron;
    return { uid, hotkey, registeredAt, ...outcome(standing, holders, evidence, facts.rules) };
  });
  const chutes = [...holders.keys()].toSorted().flatMap((chuteId) => evidence.get(chuteId) ?? []);
  return { chutes, entries };
}

type WithoutIdentity<T> = T extends unknown ? Omit<T, "uid" | "hotkey" | "registeredAt"> : never;

function outcome(
  standing: Standing,
  holders: ReadonlyMap<string, Claimant>,
  evidence: ReadonlyMap<string, ChuteEvidence>,
  rules: DiscoveryRules,
): WithoutIdentity<RosterEntry> {
  if (standing.claim === null) return { eligible: false, reason: standing.reason, detail: standing.detail };
  const { chuteId } = standing.claim;
  const holder = holders.get(chuteId);
  if (holder !== undefined && holder !== standing) {
    const detail = `Uid ${holder.neuron.uid} committed this chute at block ${holder.block}.`;
    return { eligible: false, reason: "chute-claimed-earlier", detail };
  }
  const resolution = resolveTarget(standing.claim, evidence.get(chuteId), rules);
  return resolution.eligible ? { ...resolution, committedAt: standing.block } : resolution;
}

/** One a neuron, in the order of the snapshot. */
function standingsOf(snapshot: MetagraphSnapshot, ownHotkey: Ss58 | null): readonly Standing[] {
  const commitments = new Map(snapshot.commitments.map((commitment) => [commitment.hotkey, commitment]));
  return snapshot.neurons.map((neuron) =>
    neuron.hotkey === ownHotkey
      ? out(neuron, "own-hotkey", "This is the validator itself.")
      : standingOf(neuron, commitments.get(neuron.hotkey)),
  );
}

function standingOf(neuron: Neuron, commitment: Commitment | undefined): Standing {
  if (commitment === undefined) return out(neuron, "no-commitment", "The hotkey has committed nothing on chain.");
  const read = claimOf(commitment);
  switch (read.kind) {
    case "sealed":
      return out(neuron, "commitment-sealed", "The commitment is timelocked and not yet revealed.");
    case "unreadable":
      return out(neuron, "commitment-unreadable", `The commitment is no claim of a chute: ${read.detail}.`);
    case "claim":
      if (read.block < neuron.registeredAt) {
        const detail = `Committed at block ${read.block}, before the registration at block ${neuron.registeredAt}.`;
        return out(neuron, "commitment-before-registration", detail);
      }
      return { neuron, claim: read.claim, block: read.block };
  }
}

function out(neuron: Neuron, reason: IneligibleReason, detail: string): Standing {
  return { neuron, claim: null, reason, detail };
}

/** Who keeps each claimed chute: the earliest commitment, at equal blocks the lower hotkey by code units. */
function holdersOf(standings: readonly Standing[]): ReadonlyMap<string, Claimant> {
  const holders = new Map<string, Claimant>();
  for (const standing of standings) {
    if (standing.claim === null) continue;
    const holder = holders.get(standing.claim.chuteId);
    if (holder === undefined || precedes(standing, holder)) holders.set(standing.claim.chuteId, standing);
  }
  return holders;
}

function precedes(one: Claimant, other: Claimant): boolean {
  if (one.block !== other.block) return one.block < other.block;
  return one.neuron.hotkey < other.neuron.hotkey;
}
