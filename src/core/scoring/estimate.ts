import type { Challenge, Judgement, Response } from "../model/answers.ts";
import type { Ss58 } from "../model/ids.ts";
import type { MetagraphSnapshot, Neuron } from "../model/metagraph.ts";
import type { ScoringConfig, Task } from "../model/pack.ts";
import type { MinerScore, ScoreSheet } from "../model/records.ts";
import type { Roster, RosterEntry } from "../model/roster.ts";
import type { EstimatorState, MinerState } from "../model/scoring-state.ts";
import { taskCentre } from "./centre.ts";
import { advance, EMPTY_CHANNEL, FORGET_BELOW, type Population, populationOf, standing } from "./channel.ts";
import { combine, quantise } from "./combine.ts";
import { EMPTY_TALLY, type Observation, observer, quality, type Tally, tally } from "./observations.ts";
import { byKey, keyOf, succeed } from "./succession.ts";

export interface EstimateInput {
  readonly snapshot: MetagraphSnapshot;
  /** Left out of the sheet; null when there is no key. */
  readonly ownHotkey: Ss58 | null;
  readonly roster: Roster;
  readonly challenge: Challenge;
  readonly responses: readonly Response[];
  readonly judgements: readonly Judgement[];
  readonly before: EstimatorState;
  readonly config: ScoringConfig;
}

interface Case {
  readonly neuron: Neuron;
  /** `asked`: eligible. `unchecked`: the platform did not say whether it is; as if every question had been excused. */
  readonly status: "asked" | "unchecked" | "ineligible";
  readonly reason: string | null;
  readonly before: MinerState;
  readonly observations: readonly Observation[];
  readonly counts: Tally;
  /** Too much was excused: the observations are not used. */
  readonly carried: boolean;
}

/**
 * The score sheet of a cycle: pure, total, independent of the order of its records. docs/bundle.md S3 specifies it
 * bit for bit.
 */
export function estimate(input: EstimateInput): Omit<ScoreSheet, "kind" | "parents"> {
  const { before, challenge, config } = input;
  const carriedOver = succeed(before, input.snapshot);
  const cases = casesOf({ ...input, before: carriedOver });
  const quorum = hasQuorum(cases, challenge.tasks.length, config.quorum);
  const states = quorum ? advanceAll(cases, challenge.tasks, config.decay) : cases.map((miner) => miner.before);
  const populations = {
    verifiable: populationOf(cases.map((miner) => miner.before.verifiable)),
    judged: populationOf(cases.map((miner) => miner.before.judged)),
  };
  const miners = cases.map((miner, index) =>
    scoreOf({ ...miner, carried: miner.carried || !quorum }, states[index] ?? miner.before, populations, config),
  );
  const kept = quorum ? states.filter(hasEvidence).toSorted(byKey) : carriedOver.miners;
  return { miners, quorum, before, after: { cycles: before.cycles + 1, miners: kept } };
}

function casesOf({
  snapshot,
  ownHotkey,
  roster,
  challenge,
  responses,
  judgements,
  before,
  config,
}: EstimateInput): Case[] {
  const known = new Map(before.miners.map((state) => [keyOf(state), state]));
  const entries = new Map(roster.entries.map((entry) => [`${entry.uid}/${keyOf(entry)}`, entry]));
  const observationsOf = observer(challenge, responses, judgements);
  const neurons = snapshot.neurons.filter((neuron) => neuron.hotkey !== ownHotkey).toSorted((a, b) => a.uid - b.uid);
  return neurons.map((neuron) => {
    const { status, reason } = statusOf(entries.get(`${neuron.uid}/${keyOf(neuron)}`));
    const observations = status === "ineligible" ? [] : observationsOf(neuron.uid);
    const used =
      status === "unchecked"
        ? observations.map((): Observation => ({ kind: "excused", delivered: false }))
        : observations;
    const counts = status === "ineligible" ? EMPTY_TALLY : tally(used);
    const carried = used.length > 0 && counts.excused / used.length > config.excuseCap;
    const state = known.get(keyOf(neuron)) ?? newcomer(neuron);
    return { neuron, status, reason, before: state, observations: used, counts, carried };
  });
}

function statusOf(entry: RosterEntry | undefined): Pick<Case, "status" | "reason"> {
  if (entry === undefined) return { status: "ineligible", reason: "not-in-roster" };
  if (entry.eligible) return { status: "asked", reason: null };
  return { status: entry.reason === "chute-unchecked" ? "unchecked" : "ineligible", reason: entry.reason };
}

/** Whether few enough of all questions were excused for the cycle to teach anything (judging.md §3.1). */
function hasQuorum(cases: readonly Case[], tasks: number, most: number): boolean {
  const due = cases.filter((miner) => miner.status !== "ineligible").length * tasks;
  const excused = cases.reduce((total, miner) => total + miner.counts.excused, 0);
  return due === 0 || excused / due <= most;
}

function advanceAll(cases: readonly Case[], tasks: readonly Task[], decay: number): MinerState[] {
  const used = cases.map((miner) => (miner.carried ? [] : miner.observations));
  const centres = tasks.map((_task, position) => taskCentre(used.map((row) => row[position])));
  return cases.map((miner, index) => {
    const centred = (channel: Task["channel"]): number[] =>
      tasks.flatMap((task, position) => {
        const observation = used[index]?.[position];
        const score = observation === undefined || task.channel !== channel ? null : quality(observation);
        return score === null ? [] : [score - (centres[position] ?? 0)];
      });
    const { hotkey, registeredAt, before } = { ...miner.neuron, ...miner };
    const counts = miner.carried ? EMPTY_TALLY : miner.counts;
    return {
      hotkey,
      registeredAt,
      verifiable: advance(before.verifiable, centred("verifiable"), decay),
      judged: advance(before.judged, centred("judged"), decay),
      ...deliveries(before, counts, decay),
    };
  });
}

function deliveries(before: MinerState, counts: Tally, decay: number): Pick<MinerState, "delivered" | "failed"> {
  const delivered = decay * before.delivered + counts.answered;
  const failed = decay * before.failed + counts.minerFaults;
  return delivered + failed < FORGET_BELOW ? { delivered: 0, failed: 0 } : { delivered, failed };
}

function scoreOf(
  miner: Case,
  state: MinerState,
  populations: { readonly verifiable: Population; readonly judged: Population },
  config: ScoringConfig,
): MinerScore {
  const { uid, hotkey, registeredAt } = miner.neuron;
  const found =
    miner.status === "ineligible"
      ? null
      : combine(standing(state.verifiable, populations.verifiable), standing(state.judged, populations.judged), config);
  const due = state.delivered + state.failed;
  return {
    uid,
    hotkey,
    registeredAt,
    score: found === null ? null : quantise(found.z),
    stderr: found === null ? null : quantise(found.stderr),
    ...miner.counts,
    availability: due === 0 ? null : quantise(state.delivered / due),
    carried: miner.status !== "ineligible" && miner.carried,
    reason: miner.reason ?? (found === null ? "no-verifiable-answers" : null),
  };
}

function newcomer({ hotkey, registeredAt }: Neuron): MinerState {
  return { hotkey, registeredAt, verifiable: EMPTY_CHANNEL, judged: EMPTY_CHANNEL, delivered: 0, failed: 0 };
}

function hasEvidence(state: MinerState): boolean {
  return state.verifiable.count + state.judged.count + state.delivered + state.failed > 0;
}
