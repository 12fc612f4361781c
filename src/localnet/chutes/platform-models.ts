import { CREATED_UNIX, makeChute, type SimulatedChute } from "./chute.ts";
import { tokenPrices } from "./chute-view.ts";

/** A public model of the platform's own user: judges and reference models. */
export interface PlatformModel {
  readonly chute: SimulatedChute;
  /** How well it reads: the share of a grade that is its opinion of the text, in [0, 1]. */
  readonly quality: number;
}

/** The first is the judge that the ready-made configuration pins. */
export const PLATFORM_MODELS: readonly PlatformModel[] = [
  { chute: publicChute("touchstone/Assay-32B-TEE", 0.104, 0.416), quality: 0.95 },
  { chute: publicChute("touchstone/Cupel-70B-TEE", 0.14, 0.28), quality: 0.9 },
  { chute: publicChute("touchstone/Streak-12B-TEE", 0.02, 0.04), quality: 0.75 },
];

function publicChute(name: string, input: number, output: number): SimulatedChute {
  return makeChute({ username: "chutes", name, public: true, tee: true, price: { input, output } });
}

/** `GET /v1/models` of the llm host (chutes.md §2.5): public models only. */
export function modelsList(): unknown {
  return { object: "list", data: PLATFORM_MODELS.map(({ chute }) => modelEntry(chute)) };
}

function modelEntry(chute: SimulatedChute): unknown {
  const price = chute.price ?? { input: 0, output: 0 };
  return {
    id: chute.name,
    root: chute.name.replace(/-TEE$/, ""),
    parent: null,
    object: "model",
    created: CREATED_UNIX,
    owned_by: "vllm",
    chute_id: chute.chuteId,
    price: tokenPrices(price),
    // US dollars per million tokens, unlike OpenRouter's per token.
    pricing: { prompt: price.input, completion: price.output, input_cache_read: price.input / 10 },
    confidential_compute: chute.tee,
    max_model_len: 40_960,
    context_length: 40_960,
    max_output_length: 40_960,
    quantization: "fp8",
    input_modalities: ["text"],
    output_modalities: ["text"],
    supported_features: ["json_mode", "structured_outputs"],
    supported_sampling_parameters: ["temperature", "top_p", "top_k", "stop", "seed"],
  };
}
