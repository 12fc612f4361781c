import { CREATED_AT, IMAGE, type SimulatedChute, type TokenPrice } from "./chute.ts";
import { uuid5 } from "./uuid5.ts";

/** TAO price by which dollar prices are also shown. */
const TAO_USD = 227.6;

/** Both chat cords of the vLLM template, as the SDK declares them (sdk-vectors/chutes.json, `templates.vllm`). */
const CORDS: readonly unknown[] = [chatCord(true), chatCord(false)];
const CORD_REF = uuid5("cords of the localnet");

function chatCord(stream: boolean): unknown {
  const name = stream ? "chat_stream" : "chat";
  return {
    method: "POST",
    path: `/${name}`,
    function: name,
    stream,
    passthrough: true,
    public_api_path: "/v1/chat/completions",
    public_api_method: "POST",
    input_schema: null,
    output_schema: null,
    output_content_type: stream ? "text/event-stream" : "application/json",
    minimal_input_schema: null,
  };
}

/** Whether a request meets one of the chute's cords: path, method and the stream flag of the body (chutes.md §2.3). */
export function meetsCord(method: string, path: string): boolean {
  return method === "POST" && path === "/v1/chat/completions";
}

/** `GET /chutes/{id}` (chutes.md §2.2). `hot` = it has an active, verified instance. */
export function chuteDetail(chute: SimulatedChute, hot: boolean): Record<string, unknown> {
  return { ...chuteFacts(chute, hot), cords: CORDS };
}

/** `GET /chutes/`: inside a list `cords` is null and found by `cord_ref_id`. */
export function chuteList(
  page: { readonly total: number; readonly page: number; readonly limit: number },
  items: readonly { readonly chute: SimulatedChute; readonly hot: boolean }[],
): unknown {
  return {
    ...page,
    items: items.map(({ chute, hot }) => ({ ...chuteFacts(chute, hot), cords: null })),
    cord_refs: items.length === 0 ? {} : { [CORD_REF]: CORDS },
  };
}

function chuteFacts(chute: SimulatedChute, hot: boolean): Record<string, unknown> {
  return {
    chute_id: chute.chuteId,
    name: chute.name,
    tagline: "",
    readme: "",
    tool_description: null,
    slug: chute.slug,
    logo_id: null,
    logo: null,
    public: chute.public,
    version: chute.version,
    cord_ref_id: CORD_REF,
    created_at: CREATED_AT,
    updated_at: CREATED_AT,
    user: { username: chute.username, user_id: chute.userId, logo_id: null, created_at: CREATED_AT, logo: null },
    ...runtimeFacts(chute),
    ...stateFacts(chute, hot),
  };
}

function runtimeFacts(chute: SimulatedChute): Record<string, unknown> {
  return {
    image: {
      image_id: IMAGE.imageId,
      name: IMAGE.name,
      tag: IMAGE.tag,
      readme: "",
      public: true,
      status: "built and pushed",
      created_at: CREATED_AT,
      user: { username: "chutes" },
      logo_id: null,
      patch_version: IMAGE.patchVersion,
      chutes_version: "0.6.9",
    },
    chutes_version: "0.6.9",
    standard_template: "vllm",
    revision: chute.revision,
    jobs: [],
    lock_modules: true,
    allow_external_egress: false,
    tee: chute.tee,
    preemptible: false,
    node_selector: {
      gpu_count: 1,
      min_vram_gb_per_gpu: 16,
      include: ["pro_6000"],
      exclude: null,
      supported_gpus: ["pro_6000"],
    },
    supported_gpus: ["pro_6000"],
    concurrency: 32,
    max_instances: 1,
    scaling_threshold: 0.75,
    shutdown_after_seconds: 300,
  };
}

function stateFacts(chute: SimulatedChute, hot: boolean): Record<string, unknown> {
  const instance = {
    instance_id: uuid5(`instance of ${chute.chuteId}`),
    region: "n/a",
    active: true,
    verified: true,
    last_verified_at: CREATED_AT,
  };
  const usd = { hour: 1.8, second: 0.0005 };
  return {
    boost: 1,
    bounty: null,
    effective_compute_multiplier: 1,
    compute_multiplier_factors: {},
    instances: hot ? [instance] : [],
    hot,
    invocation_count: 0,
    execution_backend: "hosted",
    disabled: false,
    current_estimated_price: chute.price === null ? { usd } : { per_million_tokens: tokenPrices(chute.price), usd },
    ...(chute.price === null ? { hourly_price_range: { min: 1.8, max: 1.8 } } : {}),
  };
}

/** Prices per million tokens in dollars and TAO; cached input is a tenth (chutes.md §3.2). */
export function tokenPrices(price: TokenPrice): Record<string, { usd: number; tao: number }> {
  const both = (usd: number): { usd: number; tao: number } => ({ usd, tao: usd / TAO_USD });
  return { input: both(price.input), output: both(price.output), input_cache_read: both(price.input / 10) };
}
