import { firstDifference } from "./difference.ts";
import type { AuditValue, BundleLink } from "./replay-result.ts";
import { settledState } from "./settlement.ts";

/** From bad to good: the worst link is the chain's value. */
const SEVERITY: readonly AuditValue[] = ["mismatch", "absent", "cannot-check", "verified"];

/**
 * Judges the links among the given bundles, in the order given; bundles of different networks, mechanisms or validators are
 * different chains. The first of a chain is `verified` when it says that it has no predecessor and starts from nothing, otherwise `cannot-check`: its
 * predecessor was not given.
 */
export function replayChain(links: readonly (BundleLink | undefined)[]): AuditValue {
  const found = new Set<AuditValue>();
  const former = new Map<string, BundleLink>();
  for (const link of links) {
    if (link === undefined) {
      found.add("cannot-check");
      continue;
    }
    const place = `${link.genesis}/${link.netuid}/${link.mechid}/${link.hotkey ?? ""}`;
    found.add(linkValue(former.get(place), link));
    former.set(place, link);
  }
  return SEVERITY.find((value) => found.has(value)) ?? "absent";
}

function linkValue(former: BundleLink | undefined, link: BundleLink): AuditValue {
  if (former === undefined) return firstValue(link);
  // Two seals of one epoch, epochs in the wrong order, or a later bundle that claims to be the first.
  if (link.epoch <= former.epoch || link.previousSeal === null) return "mismatch";
  if (link.previousSeal !== former.seal) return "absent";
  if (firstDifference(former.after, link.before) !== undefined) return "mismatch";
  return settles(former, link) ? "verified" : "mismatch";
}

function firstValue({ previousSeal, before }: BundleLink): AuditValue {
  if (previousSeal !== null) return "cannot-check";
  return before.cycles === 0 && before.miners.length === 0 ? "verified" : "mismatch";
}

/** A bundle that says nothing about the former one says nothing wrong. */
function settles({ sent }: BundleLink, { settlement, ownRow }: BundleLink): boolean {
  if (settlement === null) return true;
  const { epoch, state, submission } = settlement;
  return epoch === sent.epoch && submission === sent.digest && state === settledState(sent, ownRow);
}
