import { createHash } from "node:crypto";
import { type ChutesPlatform, chutesPlatform } from "../../../src/adapters/chutes/platform.ts";
import type { Answered, Missed } from "../../../src/core/model/answers.ts";
import type { ChutesConfig, LimitsConfig } from "../../../src/core/model/config.ts";
import type { Question } from "../../../src/ports/miners.ts";
import type { Telemetry } from "../../../src/ports/telemetry.ts";
import { SILENT } from "../../../src/ports/telemetry.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { FieldSigner } from "./field-signer.ts";

export const API_KEY: string = `cpk_${"a".repeat(32)}.${"b".repeat(32)}.${"C".repeat(32)}`;

/** Longer than any back-off, so that a clock which skips back-off never skips a deadline. */
export const LIMITS: LimitsConfig = {
  requests: 1_000,
  microUsd: 1_000_000,
  answerMs: 120_000,
  judgeMs: 110_000,
  idleMs: 90_000,
  catalogueMs: 100_000,
  attempts: 3,
  answerBytes: 65_536,
};

export function configFor(url: string, change: Partial<ChutesConfig> = {}): ChutesConfig {
  return {
    apiKeyFile: null,
    api: url,
    llm: url,
    invoke: url,
    domain: "chutes.ai",
    signing: "epistula-v2",
    requestsPerMinute: 600_000,
    concurrency: 64,
    ...change,
  };
}

export interface FixtureOptions {
  readonly url: string;
  readonly clock?: ManualClock;
  readonly config?: Partial<ChutesConfig>;
  readonly limits?: Partial<LimitsConfig>;
  readonly telemetry?: Telemetry;
}

export function platformFor(options: FixtureOptions): ChutesPlatform {
  let counter = 0;
  return chutesPlatform({
    config: configFor(options.url, options.config),
    limits: { ...LIMITS, ...options.limits },
    apiKey: API_KEY,
    signer: new FieldSigner(),
    netuid: 7,
    clock: options.clock ?? new ManualClock({ skipUpTo: 60_000 }),
    // Different at each call, as a port of entropy must be, and the same in each run.
    entropy: {
      bytes: (length) => {
        counter += 1;
        return new Uint8Array(createHash("sha256").update(String(counter)).digest().subarray(0, length));
      },
    },
    telemetry: options.telemetry ?? SILENT,
  });
}

export function question(change: Partial<Question["target"]> & { readonly taskId?: string } = {}): Question {
  const { taskId = "t00", ...target } = change;
  return {
    uid: 3,
    hotkey: "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty",
    target: {
      chuteId: "ac059e33-eb27-541c-b9a9-24b214036475",
      slug: "miner-model",
      path: "/v1/chat/completions",
      stream: false,
      model: "miner/model",
      version: null,
      ...target,
    },
    taskId,
    prompt: "What is 2 + 2?",
    maxTokens: 64,
    temperature: 0.7,
    seed: 5,
  };
}

/** A short spelling of an outcome for tables: `answered: text`, or `code by blame`. */
export function spell(outcome: Answered | Missed): string {
  return outcome.answered ? `answered: ${outcome.text}` : `${outcome.fault.code} by ${outcome.fault.blame}`;
}

export const NEVER: AbortSignal = new AbortController().signal;
