import type { ChuteEvidence } from "../core/model/roster.ts";

export interface Catalogue {
  /** What the platform says of one chute; a definite "no such chute" and a failure to ask are different faults. */
  chute(chuteId: string, signal: AbortSignal): Promise<ChuteEvidence>;
}
