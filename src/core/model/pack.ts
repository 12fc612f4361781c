import type { Digest } from "./ids.ts";

/** A question to a miner. `expected` is set for verifiable tasks; it is secret until the seal, like the whole challenge. */
export interface Task {
  /** `t00`, `t01`, …: position in the challenge. */
  readonly id: string;
  readonly channel: "verifiable" | "judged";
  /** Which generator drew it, e.g. `arithmetic`. */
  readonly generator: string;
  readonly prompt: string;
  readonly expected: string | null;
  readonly maxTokens: number;
}

/** One cap for a cycle; the pack's task mix and every parameter of the arithmetic. Part of the bundle (D17a). */
export interface ScoringConfig {
  readonly tasks: { readonly verifiable: number; readonly judged: number };
  /** Decay of the estimator a cycle, in (0, 1]: 2^(−1/H) with H = 6 is 0.8909 (judging.md §3.3). */
  readonly decay: number;
  /** Weight of the judged channel; the verifiable one has the rest (judging.md §3.5). */
  readonly judgedWeight: number;
  /** A miner's judged z counts at most this much above its verifiable z (judging.md §2.3 layer 10). */
  readonly crossCap: number;
  /** Above this share of excused observations in a cycle the estimate is carried (DESIGN §5). */
  readonly excuseCap: number;
  /** Below this availability the weight shrinks in proportion (judging.md §3.1). */
  readonly availabilityFloor: number;
  /** Judge calls or miners missing above this share: no update at all (judging.md §3.1). */
  readonly quorum: number;
  readonly minEligible: number;
  readonly policy: { readonly id: "softmax"; readonly temperature: number };
  readonly judge: { readonly model: string; readonly chuteId: string | null; readonly attempts: number };
}

/** How a miner's committed chute is found; data, so that it stands in the bundle. */
export interface DiscoveryRules {
  /** A cord with this path must be declared by the chute. */
  readonly path: string;
  readonly stream: boolean;
}

export interface JudgeRules {
  /** From best to worst; each gets one letter a call, in an order the miner cannot foresee. */
  readonly verdicts: readonly { readonly name: string; readonly score: number; readonly meaning: string }[];
  readonly letters: readonly string[];
  readonly system: string;
  readonly user: string;
  readonly maxTokens: number;
  /** Longer answers are cut for the judge. */
  readonly maxAnswerChars: number;
}

/** Everything of a pack that is data: words, templates, rubric, rules. It stands in every header. */
export interface PackManifest {
  readonly id: string;
  readonly version: number;
  readonly discovery: DiscoveryRules;
  readonly judge: JudgeRules;
  readonly sampling: { readonly temperature: number };
  /** Generator data by name, in the shapes that docs/bundle.md describes. */
  readonly generators: Readonly<Record<string, unknown>>;
}

export interface TaskDraw {
  /** From which judged tasks are drawn: the same for all validators (judging.md §6.2). */
  readonly publicSeed: Digest;
  /** From which verifiable tasks are drawn: unknown to miners until the seal (D9). */
  readonly secretSeed: Digest;
  readonly verifiable: number;
  readonly judged: number;
}

/** A subnet's rules as pure functions over its manifest. */
export interface Pack {
  readonly manifest: PackManifest;
  /** Deterministic; ids are positions; verifiable tasks first. */
  draw(draw: TaskDraw): readonly Task[];
  /** Exact check of an answer to a verifiable task: 1 or 0. Total: never throws. */
  verify(task: Task, text: string): number;
}

/** A miner's commitment as read from chain data. */
export interface ChuteClaim {
  readonly chuteId: string;
  readonly model: string;
}
