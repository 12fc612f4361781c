import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
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

/** Alice's and Bob's: everybody knows them, and here they sign nothing. */
const SEED_A = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";
const HOTKEY_A = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const SEED_B = "0x398f0c28f98885e046333d4a41c19cee4c37368a9832c6502f6cfd182e2aef89";
const HOTKEY_B = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";

const begun = (hotkey: string): Promise<void> =>
  within(async (journal) => {
    const log = await journal.open({ netuid: 2, mechid: 0, epoch: 7 }, secret);
    await log.append({ kind: "header", hotkey } as unknown as Header);
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
      hotkey: { journal: null, configured: null },
      warnings: [],
    });
    expect(touchstone<StatusShape>("status", "--json").document.moved).toBeNull();
    const again = touchstone("journal", "import", file, "--json");
    expect([again.code, again.document.error.code]).toEqual([69, "journal-in-use"]);
  });

  test("and the new house can be looked at before its first start", async () => {
    await begin();
    const file = join(folder, "v.journal");
    touchstone("journal", "export", file);
    writeFileSync(config, "netuid: 2\njudge: { model: a/b }\ndata: house\n");
    expect(touchstone("journal", "import", file).code).toBe(0);
    const { code, document } = touchstone<StatusShape>("status", "--json");
    expect([code, document.size?.bundles, document.mechanisms[0]?.open[0]?.epoch]).toEqual([0, 0, 7]);
  });

  describe("for a wallet", () => {
    const KEYS = [
      ["the one that wrote it", SEED_A, false],
      ["another one", SEED_B, true],
    ] as const;
    test.each(KEYS)("%s", async (_name, seed, warns) => {
      await begun(HOTKEY_A);
      const file = join(folder, "v.journal");
      touchstone("journal", "export", file);
      writeFileSync(join(folder, "seed"), seed, { mode: 0o600 });
      writeFileSync(config, "netuid: 2\njudge: { model: a/b }\nwallet: { seedFile: seed }\n");
      const { code, document, stderr } = touchstone<JournalImportShape>("journal", "import", file, "--json", "--quiet");
      expect(code).toBe(0);
      const configured = warns ? HOTKEY_B : HOTKEY_A;
      expect(SHAPES["journal-import"]?.parse(document)).toMatchObject({ hotkey: { journal: HOTKEY_A, configured } });
      expect(document.warnings.map((warning) => warning.code)).toEqual(warns ? ["another-hotkey"] : []);
      const said = `${document.warnings[0]?.message} ${document.warnings[0]?.remedy}\n`;
      expect(stderr).toBe(warns ? said : "");
      expect(stderr).not.toContain(seed);
    });

    test("that is encrypted: its pub.txt tells, and no password is asked for", async () => {
      await begun(HOTKEY_A);
      const file = join(folder, "v.journal");
      touchstone("journal", "export", file);
      const keys = join(folder, "wallets", "default", "hotkeys");
      mkdirSync(keys, { recursive: true });
      writeFileSync(join(keys, "default"), `$NACL${"x".repeat(80)}`, { mode: 0o600 });
      writeFileSync(join(keys, "defaultpub.txt"), JSON.stringify({ ss58Address: HOTKEY_B }));
      const path = ["--wallet-path", join(folder, "wallets")];
      const { code, document } = touchstone<JournalImportShape>("journal", "import", file, "--json", ...path);
      expect([code, document.hotkey.configured, document.warnings.length]).toEqual([0, HOTKEY_B, 1]);
    });

    test("that is not here yet: nothing is known, and nothing is said", async () => {
      await begun(HOTKEY_A);
      const file = join(folder, "v.journal");
      touchstone("journal", "export", file);
      const path = ["--wallet-path", join(folder, "nowhere")];
      const { code, document, stderr } = touchstone<JournalImportShape>("journal", "import", file, "--json", ...path);
      expect([code, document.hotkey, document.warnings, stderr]).toEqual([
        0,
        { journal: HOTKEY_A, configured: null },
        [],
        "",
      ]);
    });
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
