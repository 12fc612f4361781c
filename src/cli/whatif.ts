import { preview } from "../core/chain/preview.ts";
import type { ConsensusState, ProposedRow } from "../core/chain/yuma-state.ts";
import { EXIT_CODES, isFault, ValidatorError } from "../core/model/fault.ts";
import type { Ss58 } from "../core/model/ids.ts";
import type { Neuron } from "../core/model/metagraph.ts";
import type { ScoringConfig } from "../core/model/pack.ts";
import type { WeightVector } from "../core/model/records.ts";
import { resolveWeights } from "../core/weights/resolve.ts";
import { weigh } from "../core/weights/weigh.ts";
import { type ChainComposition, composeChain } from "./compose-chain.ts";
import { untilStopped } from "./lifecycle.ts";
import type { CommonOptions } from "./options.ts";
import { faultError, type Output } from "./output.ts";
import { previewLines } from "./preview-lines.ts";
import { bundleScores, newestScores, type SealedScores } from "./sealed-scores.ts";
import { readVectorFile } from "./vector-file.ts";
import type { WhatifShape } from "./whatif-shape.ts";

export interface WhatifFlags extends CommonOptions {
  readonly policy?: string;
  readonly temperature?: number;
  /** A file with a vector. */
  readonly weights?: string;
  /** The journal of dry-run. */
  readonly dryRun?: boolean;
  /** In whose place. */
  readonly as?: Ss58;
}

const POLICIES = ["softmax"] as const;

/** What a vector would do in the next epoch, of another policy over scores there are, or of a file. Signs and sends nothing. */
export async function whatif(bundle: string | undefined, options: WhatifFlags, output: Output): Promise<number> {
  checkFlags(options);
  const given = options.weights === undefined ? null : readVectorFile(options.weights);
  const scoresOfBundle = bundle === undefined ? undefined : await bundleScores(bundle);
  using signal = untilStopped();
  await using composition = await composeChain(options, signal);
  const { config } = composition;
  const scores = scoresOfBundle ?? newestScores(config, options.dryRun === true ? "dry-run" : "run");
  if (scores === undefined && given === null) throw noScores(config.data);
  if (scores !== undefined) checkOrigin(scores, composition);
  const state = await composition.consensus(config, signal);
  if (isFault(state)) throw faultError(state);
  const own = seatOf(state, hotkeyOf(options, scores, composition));
  const shape: WhatifShape = {
    netuid: state.netuid,
    mechid: state.mechid,
    block: state.block,
    epochBlock: state.epochBlock,
    mode: state.mode,
    uid: own.uid,
    hotkey: own.hotkey,
    cycle: scores === undefined ? null : { epoch: scores.header.epoch, block: scores.snapshot.block.number },
    vectors: vectorsOf(scores, given, options, state).map((vector) => {
      const found = preview(state, own.uid, vector.weights);
      if (found === undefined) throw unknownMode();
      return { ...vector, preview: found };
    }),
  };
  for (const line of lines(shape)) output.say(line);
  output.document(shape);
  return EXIT_CODES.done;
}

function checkFlags({ policy, temperature, weights }: WhatifFlags): void {
  if (policy !== undefined && !POLICIES.some((known) => known === policy)) {
    throw usage(`There is no weight policy "${policy}".`, `Policies of this version: ${POLICIES.join(", ")}.`);
  }
  if (temperature !== undefined && !(temperature > 0 && Number.isFinite(temperature))) {
    throw usage("The temperature must be a number above 0.", "Give --temperature 0.2, for example.");
  }
  if (weights !== undefined && (policy !== undefined || temperature !== undefined)) {
    throw usage("A vector out of a file has no policy.", "Give either --weights, or --policy and --temperature.");
  }
}

/** Scores of another subnet, or of another chain, say nothing about this one. */
function checkOrigin({ header }: SealedScores, { config, chain }: ChainComposition): void {
  if (header.genesis !== chain.identity.genesis) {
    throw usage("The scores are from another chain.", "Give a bundle of the network in the configuration.");
  }
  if (header.netuid === config.netuid && header.mechid === config.mechid) return;
  throw usage(
    `The scores are from mechanism ${header.mechid} of subnet ${header.netuid}.`,
    "Give a bundle of the configured subnet and mechanism.",
  );
}

type Vector = Omit<WhatifShape["vectors"][number], "preview">;

function vectorsOf(
  scores: SealedScores | undefined,
  given: ProposedRow | null,
  flags: WhatifFlags,
  state: ConsensusState,
): readonly Vector[] {
  const recorded = scores === undefined ? [] : [vectorOf("recorded", scores.vector, state)];
  if (given !== null) return [...recorded, { name: "proposed", policy: null, weights: given, withhold: [] }];
  if (scores === undefined) return recorded;
  const { header, ...rest } = scores;
  const policy: ScoringConfig["policy"] = {
    ...header.scoring.policy,
    ...(flags.temperature === undefined ? {} : { temperature: flags.temperature }),
  };
  const proposed = weigh({ ...rest, config: { ...header.scoring, policy }, ownHotkey: header.hotkey });
  return [...recorded, vectorOf("proposed", proposed, state)];
}

/** For the uids of today: weights follow the registration that was judged (D15). */
function vectorOf(
  name: Vector["name"],
  { policy, real, uids, values, withhold }: Omit<WeightVector, "kind" | "parents">,
  { neurons }: ConsensusState,
): Vector {
  const byUid = new Map(real.map((weight) => [weight.uid, weight]));
  const targets = uids.flatMap((uid) => byUid.get(uid) ?? []);
  const resolved = resolveWeights(targets, values, neurons) ?? { uids, values };
  return { name, policy, weights: { uids: resolved.uids, values: resolved.values }, withhold };
}

/** Told, else who made the scores, else whose row they were compared with, else who is configured. */
function hotkeyOf({ as }: WhatifFlags, scores: SealedScores | undefined, { config }: ChainComposition): Ss58 | null {
  return as ?? scores?.header.hotkey ?? scores?.snapshot.row?.hotkey ?? config.compareWith;
}

/** The neuron of that hotkey; without one the permitted validator with most stake, of equal ones the lower uid. */
function seatOf({ neurons }: ConsensusState, hotkey: Ss58 | null): Neuron {
  const named = neurons.find((neuron) => neuron.hotkey === hotkey);
  if (named !== undefined) return named;
  const [foremost] = neurons
    .filter((neuron) => neuron.permit)
    .toSorted((a, b) =>
      BigInt(a.stakeRao) < BigInt(b.stakeRao) ? 1 : BigInt(a.stakeRao) > BigInt(b.stakeRao) ? -1 : 0,
    );
  if (hotkey === null && foremost !== undefined) return foremost;
  throw new ValidatorError(
    hotkey === null ? "The subnet has no validator." : `The hotkey ${hotkey} is not registered on the subnet.`,
    {
      exit: "unregistered",
      code: "not-registered",
      blame: "validator",
      remedy: "Name a registered hotkey with --as.",
    },
  );
}

function usage(message: string, remedy: string): ValidatorError {
  return new ValidatorError(message, { exit: "configuration", code: "usage", blame: "validator", remedy });
}

function noScores(data: string): ValidatorError {
  return new ValidatorError(`There is no sealed cycle of this subnet in ${data}.`, {
    exit: "configuration",
    code: "no-sealed-cycle",
    blame: "validator",
    remedy: "Run a cycle first, name a bundle file, or give a vector with --weights. --dry-run looks at dry runs.",
  });
}

function unknownMode(): ValidatorError {
  return new ValidatorError("The subnet's epoch mode is one that this version does not know.", {
    exit: "runtime",
    code: "mode-unknown",
    blame: "validator",
    remedy: "Install a newer version of Touchstone.",
  });
}

function lines({ netuid, mechid, block, epochBlock, mode, uid, hotkey, cycle, vectors }: WhatifShape): string[] {
  const rule = mode === "null" ? "Null" : "Yuma";
  return [
    `subnet ${netuid}, mechanism ${mechid} at finalized block ${block}: the epoch of block ${epochBlock} under ${rule}, as uid ${uid} (${hotkey})`,
    ...(cycle === null ? [] : [`scores of epoch ${cycle.epoch}, observed at block ${cycle.block}`]),
    ...vectors.flatMap(({ name, policy, weights, withhold, preview: found }) => [
      `${name}${policy === null ? "" : `, ${policy.id} at temperature ${policy.temperature}`}: ${weights.uids.length} weights${
        withhold.length === 0 ? "" : `; the guard would have withheld it: ${withhold.join(", ")}`
      }`,
      ...previewLines(found),
    ]),
  ];
}
