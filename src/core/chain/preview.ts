import { type NullPreview, nullPreview } from "./null-preview.ts";
import { type YumaPreview, yumaPreview } from "./yuma-preview.ts";
import type { ConsensusState, ProposedRow } from "./yuma-state.ts";

export type Preview = YumaPreview | NullPreview;

/**
 * What a vector of `uid` would do in the next epoch, by the subnet's own rules. Pure. Undefined when nobody has that uid, and
 * in a mode that this version does not know: nothing is said about what is not understood (D4a).
 */
export function preview(state: ConsensusState, uid: number, row: ProposedRow): Preview | undefined {
  if (state.mode === "unknown") return undefined;
  return state.mode === "null" ? nullPreview(state, uid, row) : yumaPreview(state, uid, row);
}
