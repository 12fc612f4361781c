import { toHex } from "../../src/core/determinism/digest.ts";
import type { Hex, Ss58 } from "../../src/core/model/ids.ts";
import type { Commit } from "../../src/core/model/records.ts";
import { decodeSs58 } from "../../src/core/signing/ss58.ts";
import { roundIdentity } from "../../src/core/timelock/beacon.ts";
import { encodePayload } from "../../src/core/timelock/payload.ts";
import { timesG2 } from "../../src/core/timelock/points.ts";
import { encryptTo } from "../../src/core/timelock/timelock.ts";

/** A beacon of the tests' own, so that they can make the pulse of any round. */
const BEACON = 0x1234_5678_9abc_def0n;
const KEY = timesG2(BEACON).toBytes(true);

export const ROUND = 31_000_000;

export function pulseOf(round: number = ROUND): Hex {
  return toHex(roundIdentity(round).multiply(BEACON).toBytes(true));
}

/** A real commit of these weights, for epoch 3 unless told. */
export function commitOf(
  weights: {
    readonly hotkey: Ss58;
    readonly uids: readonly number[];
    readonly values: readonly number[];
    readonly versionKey?: string;
  },
  change: Partial<Commit> = {},
): Commit {
  const { hotkey, uids, values, versionKey = "0" } = weights;
  const publicKey = decodeSs58(hotkey);
  if (publicKey === undefined) throw new Error(`${hotkey} is no address`);
  const plaintext = encodePayload({ hotkey: publicKey, uids, values, versionKey });
  const random = { key: fill(1, 32), sigma: fill(2, 32), nonce: fill(3, 12) };
  const bytes = toHex(encryptTo(change.round ?? ROUND, plaintext, random, KEY));
  return { bytes, round: ROUND, epoch: 3, version: 4, revealBlock: 1400, ...change };
}

function fill(byte: number, length: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}
