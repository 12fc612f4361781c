import { randomStream } from "../../core/determinism/random.ts";
import { credentialOf } from "./account.ts";
import { meetsCord } from "./chute-view.ts";
import { type ChatRequest, completionReply, readChatRequest, type Spoken, type Usage } from "./completion.ts";
import { checkSignature, type Headers } from "./epistula.ts";
import { type ErrorRow, errorReply } from "./error-rows.ts";
import { requestKey, speakAsPlatform } from "./judge-model.ts";
import type { Planned } from "./management.ts";
import { speak } from "./miner-model.ts";
import type { Deployment, Platform } from "./platform.ts";
import { modelsList } from "./platform-models.ts";
import { happens } from "./prose.ts";
import { jsonReply, type Reply } from "./reply.ts";

/** A request to an invocation host: `{slug}.` or `llm.` (chutes.md §2.3). */
export interface Invocation {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
  readonly nowMs: number;
}

/** The llm host: the list of models and, by the body's `model`, the platform's own chutes. */
export function planReference(platform: Platform, call: Invocation): Planned {
  if (call.method === "GET" && call.path === "/v1/models") {
    return { route: "GET /v1/models", answer: () => jsonReply(200, modelsList()) };
  }
  const asked = readBody(call.body);
  const named = asked.kind === "chat" ? asked.request.model : undefined;
  const deployment = named === undefined ? undefined : platform.byIdOrName(named);
  const refused = edgeRefusal(platform, call);
  if (refused !== undefined) return { route: "judge", answer: () => refused };
  if (call.method !== "POST") return { route: "judge", answer: () => jsonReply(405, { detail: "Method Not Allowed" }) };
  if (asked.kind !== "chat") return { route: "judge", answer: () => errorReply("400-json", asked.detail) };
  if (deployment?.chute.public !== true) {
    return { route: "judge", answer: () => errorReply("404-model", `model not found: ${named ?? ""}`) };
  }
  if (!meetsCord(call.method, call.path)) return { route: "judge", deployment, answer: () => errorReply("404-cord") };
  return { route: "judge", deployment, answer: () => run(platform, deployment, call, asked.request) };
}

/** A slug host: one chute, its declared cords only. The body's `model` is replaced by the chute's name. */
export function planInvocation(platform: Platform, slug: string, call: Invocation): Planned {
  const deployment = platform.bySlug(slug);
  const route = "invoke";
  const refused = edgeRefusal(platform, call);
  if (refused !== undefined) return { route, ...(deployment && { deployment }), answer: () => refused };
  if (deployment === undefined) return { route, answer: () => errorReply("404-chute") };
  return { route, deployment, answer: () => invoke(platform, deployment, call) };
}

function invoke(platform: Platform, deployment: Deployment, call: Invocation): Reply {
  if (!meetsCord(call.method, call.path)) return errorReply("404-cord");
  const asked = readBody(call.body);
  if (asked.kind !== "chat") return errorReply("400-json", asked.detail);
  if (!deployment.hot) {
    return errorReply("503-cold", `No instances available (yet) for chute_id=${deployment.chute.chuteId}`);
  }
  const trouble = troubleOf(platform, deployment, call);
  if (trouble !== undefined) return errorReply(trouble);
  const { miner } = deployment;
  if (miner !== null) {
    const { netuid, mayAsk } = platform.options;
    const receiver = { hotkey: miner.hotkey, netuid, mayAsk };
    const verdict = checkSignature(call, receiver, deployment.seen, call.nowMs);
    if (verdict.kind === "refused") return jsonReply(401, { detail: `Epistula: ${verdict.reason}` });
  }
  return run(platform, deployment, call, asked.request);
}

/** Without a key the edge answers, not the app (chutes.md §1.1). */
function edgeRefusal(platform: Platform, call: Invocation): Reply | undefined {
  const credential = credentialOf(call.headers["authorization"], platform.account);
  if (credential === "none") return errorReply("429-edge");
  return credential === "wrong" ? errorReply("401-key") : undefined;
}

type ReadBody =
  | { readonly kind: "chat"; readonly request: ChatRequest }
  | { readonly kind: "refused"; readonly detail: string };

function readBody(body: Uint8Array): ReadBody {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    // Whatever is wrong with the bytes, the platform has one sentence for it.
    return { kind: "refused", detail: "invalid request JSON payload" };
  }
  const request = readChatRequest(value);
  return request === undefined ? { kind: "refused", detail: "Invalid request: messages" } : { kind: "chat", request };
}

/** Platform errors that a `failing` miner's chute meets; about two in five calls, drawn anew for each try. */
const TROUBLES: readonly ErrorRow[] = ["500-exhausted", "500-upstream", "429-capacity", "504-edge"];
const TROUBLE_SHARE = 0.4;

function troubleOf(platform: Platform, deployment: Deployment, call: Invocation): ErrorRow | undefined {
  if (deployment.miner?.kind !== "failing") return undefined;
  const key = requestKey(deployment.chute.chuteId, call.body);
  const random = randomStream(platform.seed, `trouble/${key}/${platform.nth(`try/${key}`)}`);
  return happens(random, TROUBLE_SHARE) ? random.pick(TROUBLES) : undefined;
}

function run(platform: Platform, deployment: Deployment, call: Invocation, request: ChatRequest): Reply {
  const { chute } = deployment;
  const key = requestKey(chute.chuteId, call.body);
  const spoken = say(platform, deployment, request);
  const delivery = { model: chute.name, request, key: `${key}/${platform.nth(key)}`, nowMs: call.nowMs };
  const { reply, usage } = completionReply(spoken, delivery);
  const limits: Readonly<Record<string, string>> = chute.public ? {} : { "X-Chutes-RL-User": "inf" };
  return { ...reply, headers: { ...reply.headers, ...limits }, bought: { key, microUsd: costOf(deployment, usage) } };
}

function say(platform: Platform, deployment: Deployment, request: ChatRequest): Spoken {
  const { miner, model } = deployment;
  if (model !== null) return speakAsPlatform(platform.seed, model, request.messages);
  const voice = { label: `uid ${miner?.voice ?? 0}`, quality: miner?.quality ?? 0, kind: miner?.kind ?? "honest" };
  return speak(platform.seed, voice, request.messages);
}

/** A price of one dollar per million tokens is one micro-dollar a token. */
function costOf(deployment: Deployment, usage: Usage): number {
  const { price } = deployment.chute;
  return price === null ? 0 : usage.promptTokens * price.input + usage.completionTokens * price.output;
}
