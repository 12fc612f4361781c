import type { Pack, ScoringConfig } from "../core/model/pack.ts";
import type { Header } from "../core/model/records.ts";
import type { Catalogue } from "../ports/catalogue.ts";
import type { ChainReader, WeightSubmitter } from "../ports/chain.ts";
import type { Clock, Entropy } from "../ports/clock.ts";
import type { Journal } from "../ports/journal.ts";
import type { Miners } from "../ports/miners.ts";
import type { SubmissionPause } from "../ports/pause.ts";
import type { ReferenceModel } from "../ports/reference-model.ts";
import type { Signer } from "../ports/signer.ts";
import type { SpendMeter } from "../ports/spend.ts";
import type { Telemetry } from "../ports/telemetry.ts";

/** The ports of one mode (DESIGN §2): `once`, `run` and `dry-run` differ in what stands here and in nothing else. */
export interface CyclePorts {
  readonly chain: ChainReader;
  readonly catalogue: Catalogue;
  readonly miners: Miners;
  readonly judge: ReferenceModel;
  readonly submitter: WeightSubmitter;
  readonly journal: Journal;
  /** Asked just before weights would be sent. */
  readonly pause: SubmissionPause;
  readonly signer: Signer | null;
  readonly spend: SpendMeter;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly telemetry: Telemetry;
}

export interface CycleSettings {
  readonly netuid: number;
  readonly mechid: number;
  readonly mode: Header["mode"];
  readonly pack: Pack;
  readonly scoring: ScoringConfig;
  readonly software: Header["software"];
  /** Whose row a dry run is compared with when there is no key. */
  readonly compareWith: string | null;
  /** Calls in flight; the governor of the Chutes adapter bounds the rate. */
  readonly concurrency: number;
  /** The operator takes it on himself that the own LastUpdate moves without this journal knowing (exit 71 otherwise). */
  readonly acceptDoppelgangerRisk: boolean;
}
