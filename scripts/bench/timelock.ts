import { randomBytes } from "node:crypto";
import { NONCE_BYTES, SECRET_BYTES } from "../../src/core/timelock/ciphertext.ts";
import { encodePayload, type WeightsPayload } from "../../src/core/timelock/payload.ts";
import { encryptTo } from "../../src/core/timelock/timelock.ts";
import { type Figure, type FigureResult, median, resultOf } from "./figure.ts";

/** Any round will do: the work is the same for each. */
const ROUND = 24_000_000;
/** What the chain's own Rust takes, on another machine: the floor that is known, not one of this run. */
const RUST_MS: Readonly<Record<number, number>> = { 256: 2.7 };
/** The first ones are compiled while they run. */
const WARM = 5;
const EACH = 9;

export const timelockFigure: Figure = {
  name: "timelock",
  lead: "sealing 256 and 2,500 weights to a round of the beacon, payload and encryption",
  always: true,
  measure: async (runs) => [sealing(256, runs), sealing(2_500, runs)],
};

function sealing(weights: number, runs: number): FigureResult {
  const payload: WeightsPayload = {
    hotkey: randomBytes(32),
    uids: Array.from({ length: weights }, (_, uid) => uid),
    values: Array.from({ length: weights }, (_, uid) => 65_535 - uid),
    versionKey: "0",
  };
  for (let warm = 0; warm < WARM; warm += 1) seal(payload);
  const measured = Array.from({ length: runs }, () => median(Array.from({ length: EACH }, () => seal(payload))));
  const baseline = RUST_MS[weights];
  return resultOf(`timelock-encrypt-${weights}`, measured, {
    unit: "ms",
    budget: null,
    ...(baseline === undefined ? {} : { baseline }),
    note: `each run is the median of ${EACH}${baseline === undefined ? "" : "; the baseline is the chain's own Rust elsewhere, as WebAssembly it takes 13 ms"}`,
  });
}

function seal(payload: WeightsPayload): number {
  const random = {
    key: randomBytes(SECRET_BYTES),
    sigma: randomBytes(SECRET_BYTES),
    nonce: randomBytes(NONCE_BYTES),
  };
  const began = performance.now();
  encryptTo(ROUND, encodePayload(payload), random);
  return performance.now() - began;
}
