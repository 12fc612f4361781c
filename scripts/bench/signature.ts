import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { requestSigner } from "../../src/adapters/chutes/dialects.ts";
import { systemClock } from "../../src/adapters/system/system-clock.ts";
import { systemEntropy } from "../../src/adapters/system/system-entropy.ts";
import { openSigner } from "../../src/adapters/wallet/wallet.ts";
import { encodeSs58 } from "../../src/core/signing/ss58.ts";
import type { Signer } from "../../src/ports/signer.ts";
import { type Figure, resultOf } from "./figure.ts";
import { temporaryFolder } from "./processes.ts";

const RECEIVERS = 256;
const QUERIES_EACH = 20;
/** As long as such a cycle takes. */
const CYCLE_MS = 20_000;

export const signatureFigure: Figure = {
  name: "signatures",
  lead: "sr25519 signatures a query, and milliseconds each",
  always: true,
  measure: async (runs) => {
    using folder = temporaryFolder();
    const file = join(folder.path, "seed");
    writeFileSync(file, `0x${"5a".repeat(32)}`, { mode: 0o600 });
    const signer = await openSigner({ kind: "seed-file", file });
    const measured = Array.from({ length: runs + 1 }, () => signQueries(signer)).slice(1);
    return [
      resultOf(
        "signatures-per-query",
        measured.map(({ each }) => each),
        {
          unit: "signatures",
          budget: measured[0]?.due ?? null,
          note: `1 and what the intervals of ${CYCLE_MS / 1_000} s need once for each of ${RECEIVERS} receivers`,
        },
      ),
      resultOf(
        "signature-ms",
        measured.map(({ ms }) => ms),
        { unit: "ms of CPU", budget: 0.15 },
      ),
    ];
  },
};

/** The questions of a cycle of 256 × 20, evenly over its time, signed with a real key and not sent. */
function signQueries(signer: Signer): { readonly each: number; readonly due: number; readonly ms: number } {
  let made = 0;
  let cpuUs = 0;
  const intervals = new Set<string>();
  const counting: Signer = {
    ...signer,
    sign: (message) => {
      if (message.kind === "epistula-v2-interval") intervals.add(`${message.interval} ${message.signedFor}`);
      made += 1;
      const before = process.cpuUsage();
      const signature = signer.sign(message);
      const { user, system } = process.cpuUsage(before);
      cpuUs += user + system;
      return signature;
    },
  };
  const queries = RECEIVERS * QUERIES_EACH;
  const real = systemClock();
  // At the beginning of an interval, so that every run needs the same ones.
  const began = Math.floor(real.now() / CYCLE_MS) * CYCLE_MS;
  let asked = 0;
  const clock = { ...real, now: () => began + Math.floor((asked * CYCLE_MS) / queries) };
  const sign = requestSigner({ dialect: "epistula-v2", signer: counting, netuid: 2, clock, entropy: systemEntropy() });
  const body = new TextEncoder().encode(`{"messages":[{"role":"user","content":"${"x".repeat(200)}"}]}`);
  const hotkeys = Array.from({ length: RECEIVERS }, (_, uid) => encodeSs58(new Uint8Array(32).fill(uid)));
  for (; asked < queries; asked += 1) sign(body, hotkeys[asked % RECEIVERS] ?? "");
  return { each: made / queries, due: 1 + intervals.size / queries, ms: cpuUs / 1_000 / made };
}
