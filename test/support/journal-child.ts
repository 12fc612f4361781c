import { createHash } from "node:crypto";
import { join } from "node:path";
import { writeBundle } from "../../src/adapters/journal/bundle-file.ts";
import { openJournal } from "../../src/adapters/journal/sqlite-journal.ts";
import { ValidatorError } from "../../src/core/model/fault.ts";
import { sampleResponse } from "./sample-records.ts";

/**
 * A validator's process for tests of the journal: `node journal-child.ts <deed> <folder>`.
 * - `hold` opens the journal, does the paid work of one purchase, says `ready` and waits to be killed.
 * - `lock` only tries to open it.
 * - `fill` appends until the disk refuses, and says how many were kept.
 * - `count` says how many there are.
 * - `bundle` writes a bundle larger than a small disk.
 */
const [deed, folder = ""] = process.argv.slice(2);

let kept: number | undefined;

try {
  if (deed === "bundle") {
    const noise = (index: number): string => createHash("sha512").update(String(index)).digest("base64");
    await writeBundle(
      join(folder, "bundle.jsonl.zst"),
      Array.from({ length: 60_000 }, (_, index) => noise(index)),
    );
  }
  const journal = await openJournal({ folder, mode: "once" });
  const log = await journal.open({ netuid: 2, mechid: 0, epoch: 7 }, () => `0x${"ab".repeat(32)}`);
  if (deed === "hold") {
    await log.announce("response/1/t00");
    await log.append(sampleResponse(1, "t00", "paid"));
    await log.announce("response/2/t00");
    await log.keep("judgement/1/t00", { attempts: 1 });
    await log.claim(`0x${"cd".repeat(32)}`);
    await log.step({ state: "claimed", facts: {} });
    process.stdout.write("ready\n");
    setInterval(() => undefined, 1000);
  } else if (deed === "fill") {
    for (let uid = 0; ; uid += 1) {
      await log.append(sampleResponse(uid, "t00", "x".repeat(20_000)));
      kept = uid + 1;
    }
  } else if (deed === "count") {
    process.stdout.write(`${log.list("response").length}\n`);
    await journal.close();
  } else {
    process.stdout.write("opened\n");
    await journal.close();
  }
} catch (error) {
  if (!(error instanceof ValidatorError)) throw error;
  process.stdout.write(`${JSON.stringify({ exit: error.exit, code: error.code, message: error.message, kept })}\n`);
}
