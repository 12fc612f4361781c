import type { DryRunShape, OnceShape } from "./machine-types.ts";

/** What became of an epoch, on one line. */
export function runLine(report: OnceShape): string {
  return `${scored(report)}; weights ${submissionLine(report.submission)}`;
}

/** Kind and state, where they were included, which round opens them, why they were not sent. */
export function submissionLine({ block, kind, reason, round, state }: OnceShape["submission"]): string {
  const where = block === undefined ? "" : ` in block ${block}`;
  const opens = round === undefined ? "" : `, opened by round ${round}`;
  return `${kind}, ${state}${where}${opens}${reason === undefined ? "" : ` (${reason})`}`;
}

const MOST_SHOWN = 5;

/** The same for a shadow: where its vector differs from the row on chain, the largest differences first. */
export function dryRunLine(report: DryRunShape): string {
  const { chain, difference } = report;
  if (chain.uids.length === 0) return `${scored(report)}; no row on chain to compare with`;
  if (difference.length === 0) return `${scored(report)}; the same as the row on chain`;
  const shown = difference
    .toSorted((a, b) => Math.abs(b.ours - b.chain) - Math.abs(a.ours - a.chain) || a.uid - b.uid)
    .slice(0, MOST_SHOWN)
    .map(({ uid, ours, chain: theirs }) => `uid ${uid} ours ${ours} chain ${theirs}`);
  const more = difference.length > MOST_SHOWN ? `, and ${difference.length - MOST_SHOWN} more` : "";
  return `${scored(report)}; differs: ${shown.join(", ")}${more}`;
}

function scored({ block, epoch, miners, spend }: OnceShape): string {
  const count = miners.filter((miner) => miner.score !== null).length;
  return `epoch ${epoch}, observed at block ${block}: ${count} of ${miners.length} miners scored, ${spend.requests} requests, ${spend.microUsd} micro-USD`;
}
