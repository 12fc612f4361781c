import { toHex } from "../../core/determinism/digest.ts";
import type { ChutesConfig, LimitsConfig } from "../../core/model/config.ts";
import { ValidatorError } from "../../core/model/fault.ts";
import type { Catalogue } from "../../ports/catalogue.ts";
import type { Clock, Entropy } from "../../ports/clock.ts";
import type { Miners } from "../../ports/miners.ts";
import type { ReferenceModel } from "../../ports/reference-model.ts";
import type { Signer } from "../../ports/signer.ts";
import type { SpendMeter } from "../../ports/spend.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { Budget } from "./budget.ts";
import { Caller } from "./caller.ts";
import { chutesCatalogue, ModelPrices } from "./catalogue.ts";
import { requestSigner } from "./dialects.ts";
import { EdgeGuard } from "./edge-guard.ts";
import { Governor } from "./governor.ts";
import { HttpClient } from "./http.ts";
import { chutesMiners } from "./miners.ts";
import { chutesReferenceModel } from "./reference-model.ts";

export interface ChutesPlatformOptions {
  readonly config: ChutesConfig;
  readonly limits: LimitsConfig;
  readonly apiKey: string;
  /** Null in a dry run without a wallet: requests then carry no validator signature. */
  readonly signer: Signer | null;
  /** Only the legacy dialect names it. */
  readonly netuid: number;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly telemetry: Telemetry;
}

export interface ChutesPlatform extends AsyncDisposable {
  readonly miners: Miners;
  readonly catalogue: Catalogue;
  readonly spend: SpendMeter;
  referenceModel(model: string, chuteId: string | null): ReferenceModel;
}

/**
 * Chutes as four ports over one governor, one budget and one set of connections. The caps of `limits` count from
 * `spend.begin()`, which starts a cycle.
 * @throws ValidatorError (exit `key`) when the key cannot be a header's value.
 */
export function chutesPlatform(options: ChutesPlatformOptions): ChutesPlatform {
  const { apiKey, clock, config, entropy, limits, netuid, signer, telemetry } = options;
  checkKey(apiKey);
  const http = new HttpClient(clock);
  const budget = new Budget(limits);
  const caller = new Caller({
    http,
    budget,
    governor: new Governor(config, clock),
    guard: new EdgeGuard(clock),
    clock,
    telemetry,
    maxAttempts: limits.attempts,
    jitterSeed: toHex(entropy.bytes(32)),
  });
  const shared = { config, limits, apiKey, caller, clock };
  const prices = new ModelPrices(shared);
  return {
    miners: chutesMiners({
      ...shared,
      sign: requestSigner({ dialect: config.signing, signer, netuid, clock, entropy }),
    }),
    catalogue: chutesCatalogue(shared),
    spend: budget,
    referenceModel: (model, chuteId) =>
      chutesReferenceModel(
        { ...shared, llm: config.llm, priceOf: (id, chute, signal) => prices.of(id, chute, signal) },
        model,
        chuteId,
      ),
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  };
}

function checkKey(apiKey: string): void {
  if (/^[\x21-\x7e]{1,512}$/.test(apiKey)) return;
  throw new ValidatorError("The Chutes API key holds characters that no key has, or is empty.", {
    exit: "key",
    code: "api-key-unreadable",
    blame: "validator",
    remedy:
      "Put the key, and nothing else, on one line of the file that chutes.apiKeyFile names, or into CHUTES_API_KEY.",
  });
}
