import { createHash } from "node:crypto";
import { uuid5, uuidText } from "./uuid5.ts";

/** Prices in US dollars per million tokens, as published (chutes.md §2.5). */
export interface TokenPrice {
  readonly input: number;
  readonly output: number;
}

/** A chute as the simulated platform knows it; what callers see of it is made by chute-view.ts. */
export interface SimulatedChute {
  readonly chuteId: string;
  readonly name: string;
  readonly username: string;
  readonly userId: string;
  readonly slug: string;
  readonly public: boolean;
  readonly revision: string;
  readonly source: string;
  readonly version: string;
  readonly tee: boolean;
  /** Set for public models: the caller pays. A private chute costs its owner, never the caller (chutes.md §3.2). */
  readonly price: TokenPrice | null;
}

export interface ChuteImage {
  readonly imageId: string;
  readonly name: string;
  readonly tag: string;
  readonly patchVersion: string;
}

export const IMAGE: ChuteImage = {
  imageId: uuid5("chutes/vllm:nightly-2025111700"),
  name: "vllm",
  tag: "nightly-2025111700",
  patchVersion: "initial",
};

/** 2026-01-01: creation time of everything in the simulated platform. */
export const CREATED_AT = "2026-01-01T00:00:00Z";
export const CREATED_UNIX = 1_767_225_600;

export interface ChuteFacts {
  readonly username: string;
  readonly name: string;
  readonly public: boolean;
  readonly tee: boolean;
  readonly price: TokenPrice | null;
}

/** A chute of the standard vLLM template with the platform's own recipes for its ids (chutes.md §6.1). */
export function makeChute(facts: ChuteFacts): SimulatedChute {
  const revision = createHash("sha1").update(`revision of ${facts.username}/${facts.name}`).digest("hex");
  const source = sourceOf(facts, revision);
  return {
    ...facts,
    chuteId: uuid5(`${facts.username}::chute::${facts.name}`),
    userId: userIdOf(facts.username),
    slug: slugOf(facts.username, facts.name),
    revision,
    source,
    version: uuid5(`${IMAGE.imageId}:${IMAGE.patchVersion}:${source}`),
  };
}

/** Opaque on the platform (a fingerprint's hash), so any stable UUID will do. */
export function userIdOf(username: string): string {
  return uuidText(createHash("sha256").update(`user ${username}`).digest().subarray(0, 16));
}

/** slugify(`{username}-{name}`), at most 58 characters (chutes.md §2.1); callers must read it and never derive it. */
export function slugOf(username: string, name: string): string {
  const dashed = `${username}-${name}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return dashed.replaceAll(/^-+/g, "").slice(0, 58).replaceAll(/-+$/g, "");
}

function sourceOf(facts: ChuteFacts, revision: string): string {
  return [
    "from chutes.chute import NodeSelector",
    "from chutes.chute.template.vllm import build_vllm_chute",
    "",
    "chute = build_vllm_chute(",
    `    username="${facts.username}",`,
    `    model_name="${facts.name}",`,
    '    node_selector=NodeSelector(gpu_count=1, include=["pro_6000"]),',
    `    revision="${revision}",`,
    `    tee=${facts.tee ? "True" : "False"},`,
    ")",
    "",
  ].join("\n");
}
