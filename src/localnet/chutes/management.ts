import { accountView, type Credential, credentialOf, pricingView, quotasView } from "./account.ts";
import { chuteDetail, chuteList } from "./chute-view.ts";
import { errorReply } from "./error-rows.ts";
import type { Deployment, Platform } from "./platform.ts";
import { jsonReply, plainReply, type Reply, streamReply } from "./reply.ts";

/** The management API at `api.` (chutes.md §2.2, §2.4): what a validator reads. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
}

export interface Planned {
  /** Name of the route in ledger and faults. */
  readonly route: string;
  readonly deployment?: Deployment;
  answer(): Reply;
}

type Handler = (platform: Platform, asked: Asked, credential: Credential) => Reply;

const WHOLE_PATHS: Readonly<Record<string, Handler>> = {
  "/ping": () => jsonReply(200, { message: "pong" }),
  "/pricing": () => jsonReply(200, pricingView()),
  "/users/me": (platform, _asked, credential) =>
    known(credential, () => jsonReply(200, accountView(platform.account, platform.options.validatorHotkey))),
  "/users/me/quotas": (platform, _asked, credential) =>
    known(credential, () => jsonReply(200, quotasView(platform.account))),
  "/chutes/": list,
};

export function planManagement(platform: Platform, asked: Asked): Planned {
  const credential = credentialOf(asked.authorization, platform.account);
  const planned = route(platform, asked, credential);
  // A wrong credential is refused everywhere, on public data too; none at all reads what is public.
  if (credential !== "wrong") return planned;
  return { ...planned, answer: () => errorReply("401-key") };
}

function route(platform: Platform, asked: Asked, credential: Credential): Planned {
  const path = asked.path === "/chutes" ? "/chutes/" : asked.path;
  const whole = Object.hasOwn(WHOLE_PATHS, path) ? WHOLE_PATHS[path] : undefined;
  if (asked.method !== "GET") {
    return { route: "unknown", answer: () => jsonReply(405, { detail: "Method Not Allowed" }) };
  }
  if (whole !== undefined) return { route: `GET ${path}`, answer: () => whole(platform, asked, credential) };
  const [, kind, id] = /^\/chutes\/(?:(code|warmup)\/)?(.+)$/.exec(path) ?? [];
  if (id === undefined) return { route: "unknown", answer: () => jsonReply(404, { detail: "Not Found" }) };
  const name = `GET /chutes/${kind === undefined ? "" : `${kind}/`}{id}`;
  const deployment = platform.byIdOrName(decode(id));
  if (deployment === undefined || !(credential === "good" || deployment.chute.public)) {
    return { route: name, answer: () => errorReply("404-read") };
  }
  return { route: name, deployment, answer: () => ofChute(kind, deployment, asked, credential) };
}

function ofChute(kind: string | undefined, deployment: Deployment, asked: Asked, credential: Credential): Reply {
  if (kind === "code") return plainReply(200, "text/plain; charset=utf-8", deployment.chute.source);
  if (kind === "warmup") return known(credential, () => warmUp(deployment, asked.query.get("quick") === "true"));
  return jsonReply(200, chuteDetail(deployment.chute, deployment.hot));
}

/** The third warm-up call finds the chute hot: counted in calls, not seconds, so that a run repeats. */
const HOT_AFTER = 3;

function warmUp(deployment: Deployment, quick: boolean): Reply {
  deployment.warmUps += 1;
  if (deployment.warmUps >= HOT_AFTER) deployment.hot = true;
  const status = deployment.hot ? "hot" : "cold";
  if (!quick) {
    deployment.hot = true;
    const lines = status === "hot" ? ["hot"] : ["cold", "cold", "hot"];
    return streamReply(lines.map((line) => `data: ${JSON.stringify({ status: line, log: `chute is ${line}` })}\n\n`));
  }
  const instances = deployment.hot
    ? [{ instance_id: deployment.chute.version, active: true, gpu_count: 1, gpu_model_name: "pro_6000" }]
    : [];
  const { chuteId } = deployment.chute;
  return jsonReply(200, { chute_id: chuteId, status, instance_count: instances.length, bounty: null, instances });
}

function known(credential: Credential, answer: () => Reply): Reply {
  return credential === "good" ? answer() : errorReply("401-anonymous");
}

/** With a key only one's own chutes are listed unless public ones are asked for; our account owns none. */
function list(platform: Platform, asked: Asked, credential: Credential): Reply {
  const { query } = asked;
  if (query.has("page") && query.has("offset")) {
    return jsonReply(400, { detail: "Invalid request: page and offset exclude each other" });
  }
  const limit = bounded(query.get("limit"), 25, 1, 5000);
  const page = bounded(query.get("page"), 0, 0, 100);
  const offset = query.has("offset") ? bounded(query.get("offset"), 0, 0, 5000) : page * limit;
  const everything = credential === "none" || /^true$/i.test(query.get("include_public") ?? "");
  const seen = everything ? platform.deployments.filter((entry) => credential === "good" || entry.chute.public) : [];
  const found = seen.filter((entry) => matches(entry, query));
  const items = found.slice(offset, offset + limit);
  return jsonReply(200, chuteList({ total: found.length, page, limit }, items));
}

function matches({ chute }: Deployment, query: URLSearchParams): boolean {
  const template = query.get("template");
  const name = query.get("name");
  const slug = query.get("slug");
  if (template !== null && template !== "vllm") return false;
  if (name !== null && !chute.name.toLowerCase().includes(name.toLowerCase())) return false;
  return slug === null || chute.slug === slug;
}

function bounded(text: string | null, fallback: number, low: number, high: number): number {
  const value = text === null ? fallback : Number(text);
  return Number.isInteger(value) ? Math.min(high, Math.max(low, value)) : fallback;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A malformed escape names no chute; the text as it stands is looked up and not found.
    return text;
  }
}
