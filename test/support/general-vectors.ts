import { readFileSync } from "node:fs";
import type { Digest, Hex } from "../../src/core/model/ids.ts";
import type { Task } from "../../src/core/model/pack.ts";

export interface VectorCall {
  readonly taskId: string;
  readonly uid: number;
  readonly attempt: number;
  /** Index in `answers`. */
  readonly answer: number;
  readonly sanitisedDigest: Digest;
  readonly letters: readonly string[];
  readonly fence: string;
  readonly promptDigest: Digest;
}

interface VectorCycle {
  readonly netuid: number;
  readonly mechid: number;
  readonly epoch: number;
  readonly blockHash: Hex;
  readonly secret: Hex;
  readonly packDigest: Digest;
  readonly publicSeed: Digest;
  readonly secretDigest: Digest;
  readonly secretSeed: Digest;
  readonly tasks: readonly Task[];
  readonly questionSeeds: Readonly<Record<string, number>>;
  readonly calls: readonly VectorCall[];
}

interface GeneralVectors {
  readonly packVersion: number;
  readonly answers: readonly { readonly unit: string; readonly times: number }[];
  readonly cycles: readonly VectorCycle[];
}

/** Computed by a Python program that was written from the specification alone; the file says how. */
export const generalVectors: GeneralVectors = JSON.parse(
  readFileSync(new URL("../vectors/general-pack.json", import.meta.url), "utf8"),
) as GeneralVectors;
