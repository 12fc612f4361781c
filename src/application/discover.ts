import { deriveRoster, type Premises } from "../core/audit/derive.ts";
import { compareText } from "../core/audit/parents.ts";
import { claimedChutes } from "../core/challenge/roster.ts";
import { ValidatorError } from "../core/model/fault.ts";
import type { ChuteEvidence, Roster } from "../core/model/roster.ts";
import type { CycleLog } from "../ports/journal.ts";
import type { CyclePorts } from "./cycle-context.ts";
import { fanOut } from "./fan-out.ts";

/** Looks every committed chute up once and decides, by the pack's rules alone, who is asked (DESIGN §2, Roster). */
export async function discover(
  ports: CyclePorts,
  log: CycleLog,
  premises: Premises,
  options: { readonly concurrency: number; readonly signal: AbortSignal },
): Promise<Roster> {
  const known = log.find("roster");
  if (known !== undefined) return known;
  const chuteIds = claimedChutes(premises.snapshot, premises.header.hotkey);
  let done = 0;
  const chutes = await fanOut(
    chuteIds.map((chuteId) => [
      async (signal: AbortSignal) => {
        const evidence = await ports.catalogue.chute(chuteId, signal);
        done += 1;
        ports.telemetry.progress("discover", done, chuteIds.length);
        return evidence;
      },
    ]),
    options.concurrency,
    options.signal,
  );
  requireAccess(chutes);
  const roster = deriveRoster(
    premises,
    chutes.toSorted((a, b) => compareText(a.chuteId, b.chuteId)),
  );
  await Promise.all([log.append(roster), log.keep("spend", ports.spend.spent())]);
  return roster;
}

/** A key that every look-up refuses says nothing about any miner; a roster made from it would be one of nobody. */
function requireAccess(chutes: readonly ChuteEvidence[]): void {
  const refusals = chutes.flatMap((chute) =>
    !chute.found && chute.fault.code === "credentials-rejected" ? [chute.fault] : [],
  );
  const [fault] = refusals;
  if (fault === undefined || refusals.length < chutes.length) return;
  const { blame, code, message, remedy } = fault;
  throw new ValidatorError(message, { exit: "key", code, blame, remedy });
}
