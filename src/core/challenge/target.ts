import type { ChuteClaim, DiscoveryRules } from "../model/pack.ts";
import type { ChuteEvidence, ChuteView, IneligibleReason, Target } from "../model/roster.ts";

/** What a miner's chute gets called at, or why it is not called (D12). */
export type Resolution =
  | { readonly eligible: true; readonly target: Target }
  | { readonly eligible: false; readonly reason: IneligibleReason; readonly detail: string };

const SLUG = /^[a-z0-9-]{1,63}$/;
/** The platform's rule for cord paths (chutes-newest.md §1.2), written without its ambiguous repetition. */
const CORD_PATH = /^(?:\/[a-z0-9_][a-z0-9_-]*)+$/;
const CORD_PATH_LENGTH = 128;

/** Judges one chute by what the catalogue said of it; `evidence` is undefined when nobody asked. */
export function resolveTarget(
  claim: ChuteClaim,
  evidence: ChuteEvidence | undefined,
  rules: DiscoveryRules,
): Resolution {
  if (evidence === undefined) return refused("chute-unchecked", "The catalogue was not asked about this chute.");
  if (!evidence.found) {
    const { code, message } = evidence.fault;
    return refused(code === "chute-not-found" ? "chute-not-found" : "chute-unchecked", message);
  }
  const { view } = evidence;
  if (view.chuteId !== claim.chuteId) {
    return refused("chute-unchecked", "The catalogue answered with another chute than the one asked for.");
  }
  if (view.disabled) return refused("chute-disabled", "The chute is disabled on the platform.");
  if (!SLUG.test(view.slug)) {
    return refused(
      "slug-refused",
      "The chute's slug is no plain host label of a-z, 0-9 and - with at most 63 characters.",
    );
  }
  return withCord(claim, view, rules);
}

function withCord(claim: ChuteClaim, view: ChuteView, rules: DiscoveryRules): Resolution {
  const { path, stream } = rules;
  const cord = view.cords.find((item) => item.path === path && item.method === "POST" && item.stream === stream);
  if (cord === undefined) {
    const wanted = `POST ${path} ${stream ? "with" : "without"} streaming`;
    return refused("cord-missing", `The chute declares no cord for ${wanted}.`);
  }
  if (path.length > CORD_PATH_LENGTH || !CORD_PATH.test(path)) {
    return refused("cord-refused", "The cord's path breaks the platform's rule for cord paths.");
  }
  const { chuteId, slug, version } = view;
  const model = claim.model === "" ? view.name : claim.model;
  return { eligible: true, target: { chuteId, slug, path, stream, model, version } };
}

function refused(reason: IneligibleReason, detail: string): Resolution {
  return { eligible: false, reason, detail };
}
