import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openJournal } from "../../src/adapters/journal/sqlite-journal.ts";
import type { ErrorShape, StatusShape } from "../../src/cli/machine-types.ts";
import type { JournalExportShape, JournalImportShape, PauseShape } from "../../src/cli/operator-types.ts";
import { SHAPES } from "../../src/cli/shapes.ts";
import type { MetagraphSnapshot } from "../../src/core/model/metagraph.ts";
import type { Header, Settlement } from "../../src/core/model/records.ts";
import { EMPTY_STATE } from "../../src/core/model/scoring-state.ts";
import type { Journal } from "../../src/ports/journal.ts";
import { SAMPLE_ROSTER } from "../support/sample-records.ts";

const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;
const DIGEST = `0x${"cd".repeat(32)}` as const;
const secret = (): `0x${string}` => `0x${"ab".repeat(32)}`;

let folder: string;
let config: string;
let data: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "touchstone-operator-"));
  config = join(folder, "touchstone.yaml");
  data = join(folder, "data");
  writeFileSync(config, "netuid: 2\njudge: { model: a/b }\n");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Answer<T> {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly document: T & ErrorShape;
}

function touchstone<T>(...args: readonly string[]): Answer<T> {
  const env = { PATH: process.env["PATH"], HOME: folder };
  const command = [MAIN, ...args, "--config", config];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8", input: "", env });
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  return {
    code: status,
    stdout,
    stderr,
    document: (last.startsWith("{") ? JSON.parse(last) : undefined) as Answer<T>["document"],
  };
}

async function within(work: (journal: Journal) => Promise<void>): Promise<void> {
  const journal = await openJournal({ folder: data, mode: "run" });
  try {
    await work(journal);
  } finally {
    await journal.close();
  }
}

const begin = (): Promise<void> =>
  within(async (journal) => {
    const log = await journal.open({ netuid: 2, mechid: 0, epoch: 7 }, secret);
    await log.append(SAMPLE_ROSTER);
    await log.claim(DIGEST);
  });

describe("pause and resume", () => {
  test("answer documents of their schema, and status shows it beside a running validator", async () => {
    await within(async () => {
      const paused = touchstone<PauseShape>("pause", "--reason", "the owner switches modes", "--json");
      expect(paused.code).toBe(0);
      expect(SHAPES["pause"]?.parse(paused.document)).toEqual({
        paused: true,
        since: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        reason: "the owner switches modes",
      });
      expect(statSync(join(data, "pause.json")).mode & 0o777).toBe(0o600);
      expect(touchstone<StatusShape>("status", "--json").document).toMatchObject({
        running: true,
        pause: paused.document,
      });
      expect(touchstone("status").stdout).toMatch(/submissions are paused since .* \(the owner switches modes\)/);
      const resumed = touchstone<PauseShape>("resume", "--json");
      expect([resumed.code, resumed.document]).toEqual([0, { paused: false, since: null, reason: null }]);
    });
    expect(touchstone("resume").stdout).toContain("submissions were not paused");
    expect(touchstone("status").stdout).not.toContain("paused");
  });

  test("a damaged wish is told as one, without what it holds, and taken back", () => {
    expect(touchstone("pause").code).toBe(0);
    writeFileSync(join(data, "pause.json"), '{"since":"\u001b[31mHOSTILE"}');
    const { document, stdout } = touchstone<StatusShape>("status", "--json");
    expect(document.pause).toMatchObject({ paused: true, since: null });
    expect(document.pause.reason).toContain("touchstone resume removes it");
    expect(stdout).not.toContain("HOSTILE");
    expect(touchstone("resume").code).toBe(0);
    expect(existsSync(join(data, "pause.json"))).toBe(false);
  });

  test("too many words are refused", () => {
    const { code, document } = touchstone("pause", "--reason", "x".repeat(501), "--json");
    expect([code, document.error.code]).toEqual([64, "reason-too-long"]);
  });
});

describe("journal export and import", () => {
  test("move the validator, and whoever starts the old one is told", async () => {
    await begin();
    const file = join(folder, "v.journal");
    const given = touchstone<JournalExportShape>("journal", "export", file, "--json");
    expect(given.code).toBe(0);
    const exported: JournalExportShape = { file, bytes: statSync(file).size, cycles: 1, moved: true };
    expect(SHAPES["journal-export"]?.parse(given.document)).toEqual(exported);
    expect(touchstone<StatusShape>("status", "--json").document.moved).toMatchObject({ file });
    expect(touchstone("status").stdout).toContain(`moved away to ${file}`);

    const taken = touchstone<JournalImportShape>("journal", "import", file, "--json");
    expect(taken.code).toBe(0);
    expect(SHAPES["journal-import"]?.parse(taken.document)).toEqual({
      data,
      cycles: 1,
      open: [{ netuid: 2, mechid: 0, epoch: 7, claimed: true }],
    });
    expect(touchstone<StatusShape>("status", "--json").document.moved).toBeNull();
    const again = touchstone("journal", "import", file, "--json");
    expect([again.code, again.document.error.code]).toEqual([69, "journal-in-use"]);
  });

  test("are refused with 68 while the validator runs", async () => {
    await within(async () => {
      const { code, document } = touchstone("journal", "export", join(folder, "v.journal"), "--json");
      expect([code, document.error.code]).toEqual([68, "folder-locked"]);
    });
  });

  test("say what the file is, in the help too", async () => {
    await begin();
    const { stdout } = touchstone("journal", "export", join(folder, "v.journal"), "--keep");
    expect(stdout).toContain("it holds cycle secrets, keep it as one");
    expect(stdout).toContain("Never run the copy beside it.");
    const help = touchstone("journal", "export", "--help").stdout.replaceAll(/\s+/g, " ");
    expect(help).toContain("secrets of cycles that are not sealed");
    expect(help).toMatch(/Exit codes: 0 .* 64 .* 68 .* 69 /);
    expect(help).toContain("Bundles are not in it");
  });
});

describe("status of weights on chain", () => {
  test("tells the last own update, how many tempos it is behind, and what became of a commit", async () => {
    await within(async (journal) => {
      const sealed = await journal.open({ netuid: 2, mechid: 0, epoch: 6 }, secret);
      await sealed.append({ kind: "roster", parents: [], chutes: [], entries: [] });
      await sealed.seal(["{}"], DIGEST, EMPTY_STATE);
      const log = await journal.open({ netuid: 2, mechid: 0, epoch: 7 }, secret);
      const snapshot = { kind: "snapshot", parents: [], block: { number: 2000 }, hyperparameters: { tempo: 360 } };
      await log.append(snapshot as unknown as MetagraphSnapshot);
      const reveal = { block: { hash: DIGEST, number: 2000 }, pulse: null, row: null, cause: "round-skipped" };
      const settlement = { kind: "settlement", parents: [], epoch: 5, submission: DIGEST, state: "lost", reveal };
      await log.append(settlement as unknown as Settlement);
      await log.append({ kind: "header", hotkey: "5Own", parents: [] } as unknown as Header);
      await journal.noteUpdate({ netuid: 2, mechid: 0, hotkey: "5Own" }, 1200);
    });
    const { document } = touchstone<StatusShape>("status", "--json");
    expect(SHAPES["status"]?.safeParse(document).error).toBeUndefined();
    expect(document.mechanisms[0]?.standing).toEqual({
      lastUpdate: 1200,
      temposBehind: 2,
      settlement: { epoch: 5, state: "lost", cause: "round-skipped" },
    });
    const { stdout } = touchstone("status");
    expect(stdout).toContain("weights last set in block 1200, 2 tempos behind when epoch 7 was looked at");
    expect(stdout).toContain("weights of epoch 5: lost (round-skipped; touchstone explain-error round-skipped)");
  });
});
