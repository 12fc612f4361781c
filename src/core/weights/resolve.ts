import type { Ss58 } from "../model/ids.ts";
import type { ResolvedWeights } from "../model/records.ts";
import { encodeWeights } from "./encode.ts";

/** A weight's addressee: the registration that was judged. */
export interface Target {
  readonly uid: number;
  readonly hotkey: Ss58;
  readonly registeredAt: number;
}

/** Who holds a uid now. */
export interface Seat {
  readonly uid: number;
  readonly hotkey: Ss58;
  readonly registeredAt: number;
}

/**
 * The lists to send when seats have changed since the snapshot (D15): weights follow their registration to its uid of today,
 * those whose registration is gone are left out, and the rest is brought back to a largest value of 65535 (chain.md T3).
 * `targets` are in the order of `values`. Null when every target still sits where it was judged. Ascending by uid; pure.
 */
export function resolveWeights(
  targets: readonly Target[],
  values: readonly number[],
  seats: readonly Seat[],
): ResolvedWeights | null {
  const places = new Map(seats.map((seat) => [`${seat.hotkey}/${seat.registeredAt}`, seat.uid]));
  const found = targets.map((target, index) => ({
    from: target.uid,
    to: places.get(`${target.hotkey}/${target.registeredAt}`),
    value: values[index] ?? 0,
  }));
  if (found.every(({ from, to }) => from === to)) return null;
  const kept = found.flatMap(({ to, value }) => (to === undefined ? [] : [{ uid: to, weight: value }]));
  const { uids, values: encoded } = encodeWeights(kept.toSorted((a, b) => a.uid - b.uid));
  return {
    uids,
    values: encoded,
    dropped: found.flatMap(({ from, to }) => (to === undefined ? [from] : [])),
    moved: found.flatMap(({ from, to }) => (to === undefined || to === from ? [] : [{ from, to }])),
  };
}
