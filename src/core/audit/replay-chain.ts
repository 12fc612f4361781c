import { firstDifference } from "./difference.ts";
import type { AuditValue, BundleLink } from "./replay-result.ts";
import type { OpenCommit } from "./reveal.ts";
import { newestDue, type Sent, settlementFollows } from "./settlement.ts";

/** From bad to good: the worst link is the chain's value. */
const SEVERITY: readonly AuditValue[] = ["mismatch", "absent", "cannot-check", "verified"];

/**
 * Judges the links among the given bundles, in the order given; bundles of different networks, mechanisms or validators are
 * different chains. The first of a chain is `verified` when it says that it has no predecessor and starts from nothing, otherwise `cannot-check`: its
 * predecessor was not given.
 */
export function replayChain(links: readonly (BundleLink | undefined)[], open: OpenCommit): AuditValue {
  const found = new Set<AuditValue>();
  const chains = new Map<string, Chain>();
  for (const link of links) {
    if (link === undefined) {
      found.add("cannot-check");
      continue;
    }
    const place = `${link.genesis}/${link.netuid}/${link.mechid}/${link.hotkey ?? ""}`;
    const former = chains.get(place);
    found.add(linkValue(former, link, open));
    chains.set(place, continued(former, link));
  }
  return SEVERITY.find((value) => found.has(value)) ?? "absent";
}

/** What was given of one chain so far, without a gap. */
interface Chain {
  readonly newest: BundleLink;
  /** What went out, newest first. */
  readonly sent: readonly Sent[];
  /** It was given from its beginning on. */
  readonly whole: boolean;
}

function continued(former: Chain | undefined, link: BundleLink): Chain {
  if (former === undefined || link.previousSeal !== former.newest.seal) {
    return { newest: link, sent: [link.sent], whole: link.previousSeal === null };
  }
  return { newest: link, sent: [link.sent, ...former.sent], whole: former.whole };
}

function linkValue(chain: Chain | undefined, link: BundleLink, open: OpenCommit): AuditValue {
  if (chain === undefined) return firstValue(link);
  const { newest } = chain;
  // Two seals of one epoch, epochs in the wrong order, or a later bundle that claims to be the first.
  if (link.epoch <= newest.epoch || link.previousSeal === null) return "mismatch";
  if (link.previousSeal !== newest.seal) return "absent";
  if (firstDifference(newest.after, link.before) !== undefined) return "mismatch";
  return settlementValue(chain, link, open);
}

function firstValue({ previousSeal, before }: BundleLink): AuditValue {
  if (previousSeal !== null) return "cannot-check";
  return before.cycles === 0 && before.miners.length === 0 ? "verified" : "mismatch";
}

/**
 * A settlement is of the newest cycle that sent something and is due at its bundle's epoch, unless a bundle between has settled it.
 * A bundle without one says nothing wrong: there may be nothing to settle, or the chain could not be asked.
 */
function settlementValue({ sent, whole }: Chain, link: BundleLink, open: OpenCommit): AuditValue {
  const { settlement } = link;
  if (settlement === null) return "verified";
  const due = newestDue(sent, link);
  if (due !== undefined) {
    return !due.settled && settlementFollows(due.sent, settlement, link, open) ? "verified" : "mismatch";
  }
  // None of those that were given was due: it is of one before them.
  return whole || sent.some(({ epoch }) => epoch <= settlement.epoch) ? "mismatch" : "cannot-check";
}
