import type { EpochMode } from "../model/metagraph.ts";

/** Bytes of a commit on a Yuma subnet, and what all mechanisms of a Null subnet share (chain-newest.md §1.1, §9). */
const YUMA_BYTES = 5_000;
const NULL_BYTES = 32_768;

/** The version of the payload that we write: the only one with timelocks and a version argument (chain.md §4.6). */
export const COMMIT_VERSION = 4;

/** The most bytes that the chain takes in one timelocked commit. `mechanismCount` of 0 counts as 1. */
export function commitLimit(mode: EpochMode, mechanismCount: number): number {
  return mode === "null" ? Math.floor(NULL_BYTES / Math.max(1, mechanismCount)) : YUMA_BYTES;
}
