import { z } from "zod";
import type { ChutesConfig } from "../../core/model/config.ts";
import type { Hex, Ss58 } from "../../core/model/ids.ts";
import { decodeSs58 } from "../../core/signing/ss58.ts";
import { matching, path, real, text, WEB_ADDRESS as web, whole } from "./config-fields.ts";
import { isNetwork, parseEndpoints } from "./networks.ts";

/** What touchstone.yaml says, with its defaults filled in; paths and network are as written. */
export interface FileConfig {
  readonly network?: string | undefined;
  readonly fallbackEndpoints?: string | string[] | undefined;
  readonly archiveEndpoints?: string | string[] | undefined;
  readonly chainRequestsPerMinute: number | null;
  readonly genesis: Hex | null;
  readonly netuid: number;
  readonly mechid: number;
  readonly versionKey: number | null;
  readonly wallet?: FileWallet | undefined;
  readonly compareWith: Ss58 | null;
  readonly chutes: ChutesConfig;
  readonly judge: { readonly model: string; readonly chuteId: string | null; readonly attempts: number };
  readonly tasks: { readonly verifiable: number; readonly judged: number };
  readonly scoring: {
    readonly decay: number;
    readonly judgedWeight: number;
    readonly crossCap: number;
    readonly excuseCap: number;
    readonly availabilityFloor: number;
    readonly quorum: number;
    readonly minEligible: number;
    readonly temperature: number;
  };
  readonly limits: {
    readonly requests: number;
    readonly microUsd: number;
    readonly answerSeconds: number;
    readonly judgeSeconds: number;
    readonly idleSeconds: number;
    readonly catalogueSeconds: number;
    readonly attempts: number;
    readonly answerBytes: number;
  };
  readonly retention: {
    readonly bundles: { readonly days: number | null; readonly megabytes: number | null };
    readonly records: number;
  };
  readonly data: string;
  readonly pack: string;
}

export interface FileWallet {
  readonly path?: string | undefined;
  readonly name?: string | undefined;
  readonly hotkey?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly mnemonicFile?: string | undefined;
  readonly seedFile?: string | undefined;
}

/** One wrong field: where, and either what it must be or a name that nobody knows. */
export interface ShapeProblem {
  readonly path: readonly PropertyKey[];
  /** What the field must be, e.g. `a whole number from 0 to 65535`. */
  readonly allowed?: string;
  readonly unknown?: string;
}

const NAME = /^[^/\p{Cc}]{1,255}$/u;
const ONE_WALLET = "either path, name and hotkey, or mnemonicFile alone, or seedFile alone";

const wallet = z
  .strictObject({
    path: path("the wallets' folder").optional(),
    name: text("a wallet's name", NAME).optional(),
    hotkey: text("a hotkey's name", NAME).optional(),
    passwordFile: path("a file with the password of an encrypted hotkey").optional(),
    mnemonicFile: path("a file with a mnemonic").optional(),
    seedFile: path("a file with a seed").optional(),
  })
  .refine(
    (given) =>
      [given.mnemonicFile ?? given.seedFile, given.path ?? given.name ?? given.hotkey ?? given.passwordFile].includes(
        undefined,
      ),
    {
      error: ONE_WALLET,
    },
  )
  .refine((given) => given.mnemonicFile === undefined || given.seedFile === undefined, { error: ONE_WALLET });

const chutes = z.strictObject({
  apiKeyFile: path("a file with the Chutes API key").nullable().default(null),
  api: web.default("https://api.chutes.ai"),
  llm: web.default("https://llm.chutes.ai"),
  invoke: web.nullable().default(null),
  domain: text("a domain, e.g. chutes.ai", /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/).default("chutes.ai"),
  signing: z
    .enum(["epistula-v2", "legacy-004", "none"], { error: "epistula-v2, legacy-004 or none" })
    .default("epistula-v2"),
  requestsPerMinute: whole(1, 100_000).default(60),
  concurrency: whole(1, 256).default(8),
});

const judge = z.strictObject({
  // No default: ids retire within months (chutes.md §0.2), and which model judges is the subnet's decision.
  model: text("the id of a model that GET /v1/models lists, e.g. Qwen/Qwen3-32B-TEE", /^[\w.:/-]{1,200}$/),
  chuteId: text("the id of a chute (a uuid)", /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    .nullable()
    .default(null),
  attempts: whole(1, 5).default(2),
});

const tasks = z.strictObject({ verifiable: whole(1, 64).default(12), judged: whole(0, 64).default(4) });

/** Defaults: judging.md §3.1, §3.3, §3.5 and §8.2; the decay is 2^(−1/6). */
const scoring = z.strictObject({
  decay: real(0, 1, true).default(0.8908987181403393),
  judgedWeight: real(0, 1).default(0.5),
  crossCap: real(0, 10).default(1),
  excuseCap: real(0, 1).default(0.4),
  availabilityFloor: real(0, 1, true).default(0.95),
  quorum: real(0, 1).default(0.3),
  minEligible: whole(1, 4096).default(8),
  temperature: real(0, 100, true).default(0.2),
});

const limits = z.strictObject({
  requests: whole(1, 10_000_000).default(10_000),
  microUsd: whole(0, 1_000_000_000_000).default(5_000_000),
  answerSeconds: real(0, 3600, true).default(120),
  judgeSeconds: real(0, 3600, true).default(120),
  idleSeconds: real(0, 3600, true).default(30),
  catalogueSeconds: real(0, 3600, true).default(30),
  attempts: whole(1, 10).default(3),
  answerBytes: whole(1024, 1_048_576).default(32_768),
});

/** Bundles are the evidence, so none is deleted unless the operator says so. */
const bundles = z.strictObject({
  days: real(0, 36_500, true).nullable().default(null),
  megabytes: real(0, 1e9, true).nullable().default(null),
});

const retention = z.strictObject({ bundles: bundles.prefault({}), records: whole(1, 1000).default(8) });

const ENDPOINTS = "ws:// or wss:// addresses of at most 15 nodes, as a list or with commas between them, or none";
const endpointList = z
  .union([z.string(), z.array(z.string())], { error: ENDPOINTS })
  .refine((given) => parseEndpoints(given) !== null, { error: ENDPOINTS })
  .meta({ description: ENDPOINTS });

const FILE = z.strictObject({
  network: matching("finney, test, local, or the ws:// or wss:// address of a node", isNetwork).optional(),
  fallbackEndpoints: endpointList.optional(),
  archiveEndpoints: endpointList.optional(),
  chainRequestsPerMinute: whole(1, 100_000).nullable().default(null),
  genesis: text("0x and the 64 hexadecimal digits of the genesis hash", /^0x[0-9a-fA-F]{64}$/)
    .transform((value) => value.toLowerCase() as Hex)
    .nullable()
    .default(null),
  netuid: whole(0, 65_535),
  mechid: whole(0, 255).default(0),
  versionKey: whole(0, Number.MAX_SAFE_INTEGER).nullable().default(null),
  wallet: wallet.optional(),
  compareWith: matching("an address that begins with 5", (value) => decodeSs58(value) !== undefined)
    .nullable()
    .default(null),
  chutes: chutes.prefault({}),
  judge,
  tasks: tasks.prefault({}),
  scoring: scoring.prefault({}),
  limits: limits.prefault({}),
  retention: retention.prefault({}),
  data: path("the data folder").default("./data"),
  pack: text("the name of a pack, e.g. general", /^[a-z0-9][a-z0-9-]{0,63}$/).default("general"),
}) satisfies z.ZodType<FileConfig>;

/** Known names by section; "" is the top. */
export const KNOWN_NAMES: Readonly<Record<string, readonly string[]>> = {
  "": Object.keys(FILE.shape),
  ...Object.fromEntries(
    Object.entries({ wallet, chutes, judge, tasks, scoring, limits, retention, "retention.bundles": bundles }).map(
      ([name, section]) => [name, Object.keys(section.shape)],
    ),
  ),
};

/** Checks data read from the file; the answer is the configuration or every wrong field, in no order. */
export function checkShape(value: unknown): FileConfig | readonly ShapeProblem[] {
  const result = FILE.safeParse(value);
  if (result.success) return result.data;
  return result.error.issues.flatMap((issue): ShapeProblem[] =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((unknown) => ({ path: issue.path, unknown }))
      : [{ path: issue.path, allowed: allowedAt(issue.path, issue.message) }],
  );
}

/** Sections have no words of their own. */
function allowedAt(at: readonly PropertyKey[], message: string): string {
  const names = at.length === 0 ? undefined : KNOWN_NAMES[at.join(".")];
  return names === undefined || message === ONE_WALLET ? message : `names and values, one a line: ${names.join(", ")}`;
}

/** The JSON Schema of touchstone.yaml, for editors. */
export function configSchema(): unknown {
  return z.toJSONSchema(FILE, { io: "input" });
}
