import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { importJournal } from "../../../src/adapters/journal/journal-import.ts";
import { openJournalReadOnly } from "../../../src/adapters/journal/journal-view.ts";
import { type JournalPlace, openJournal } from "../../../src/adapters/journal/sqlite-journal.ts";
import type { RetentionConfig } from "../../../src/core/model/config.ts";
import type { CycleRecord, Header } from "../../../src/core/model/records.ts";
import { EMPTY_STATE } from "../../../src/core/model/scoring-state.ts";
import type { Journal, Seat } from "../../../src/ports/journal.ts";
import type { Telemetry } from "../../../src/ports/telemetry.ts";
import { SAMPLE_ROSTER, sampleResponse } from "../../support/sample-records.ts";

const SECRET = `0x${"ab".repeat(32)}` as const;
const DIGEST = `0x${"cd".repeat(32)}` as const;
const KEY = { netuid: 2, mechid: 0, epoch: 7 };
const CHILD = new URL("../../support/journal-child.ts", import.meta.url).pathname;
const VERSION_1 = readFileSync(new URL("../../vectors/journal-v1.sql", import.meta.url), "utf8");
const DAY = 86_400_000;
const secret = (): typeof SECRET => SECRET;

let folder: string;
let opened: Journal[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "touchstone-years-"));
  opened = [];
});

afterEach(async () => {
  for (const journal of opened) await journal.close();
  rmSync(folder, { recursive: true, force: true });
});

async function journal(more: Partial<JournalPlace> = {}): Promise<Journal> {
  const result = await openJournal({ folder, mode: "run", ...more });
  opened.push(result);
  return result;
}

function database<T>(work: (database: DatabaseSync) => T): T {
  const file = new DatabaseSync(join(folder, "journal.sqlite"));
  try {
    return work(file);
  } finally {
    file.close();
  }
}

function pragma(name: string): unknown {
  return database((file) => file.prepare(`PRAGMA ${name}`).get()?.[name]);
}

/** Seals one cycle with a bundle of about so many bytes: noise does not compress. */
async function seal(to: Journal, epoch: number, bytes = 1000, mechid = 0): Promise<string> {
  const log = await to.open({ ...KEY, mechid, epoch }, secret);
  await log.append(SAMPLE_ROSTER);
  let noise = "";
  for (let index = 0; noise.length < bytes; index += 1)
    noise += Math.sin(index + epoch)
      .toString(36)
      .slice(4);
  return await log.seal([noise], DIGEST, { ...EMPTY_STATE, cycles: epoch });
}

function recorder(): {
  readonly telemetry: Telemetry;
  readonly events: (readonly [string, Record<string, unknown>])[];
} {
  const events: (readonly [string, Record<string, unknown>])[] = [];
  const event: Telemetry["event"] = (_level, name, facts) => events.push([name, { ...facts }]);
  return { telemetry: { event, progress: () => undefined }, events };
}

const epochs = (): readonly number[] =>
  readdirSync(join(folder, "bundles"))
    .map((name) => Number(/-(\d+)\.jsonl/.exec(name)?.[1]))
    .toSorted((a, b) => a - b);

describe("a journal of version 1", () => {
  beforeEach(() => database((file) => file.exec(VERSION_1)));

  test("is brought up to date with all that is in it, and goes on", async () => {
    const next = await journal();
    expect(next.last(2, 0)).toEqual({ seal: DIGEST, state: { cycles: 6, miners: [] } });
    expect(next.unsealed(2, 0)).toEqual([KEY]);
    const log = await next.open(KEY, () => `0x${"00".repeat(32)}`);
    expect([log.secret, log.find("roster"), log.kept("judgement/1/t00")]).toEqual([
      SECRET,
      SAMPLE_ROSTER,
      { attempts: 1 },
    ]);
    expect(await log.announce("response/1/t00")).toBe("asked-before");
    expect([await log.claim(SECRET), await log.claim(DIGEST)]).toEqual(["other", "same"]);
    expect(log.steps()).toEqual([{ state: "claimed", facts: {} }]);
    await seal(next, 7);
    await next.close();
    expect([pragma("user_version"), pragma("auto_vacuum"), pragma("journal_mode")]).toEqual([4, 2, "wal"]);
    expect((await journal()).sealed(KEY)?.seal).toBe(DIGEST);
  });

  test("has the same tables afterwards as a new one", async () => {
    const tables = (): unknown =>
      database((file) =>
        ["cycle", "record", "purchase", "step", "own_update", "moved"].map((table) =>
          file.prepare(`SELECT name, type, "notnull", pk FROM pragma_table_info('${table}')`).all(),
        ),
      );
    await (await journal()).close();
    const migrated = tables();
    rmSync(join(folder, "journal.sqlite"));
    await (await journal()).close();
    expect(migrated).toEqual(tables());
  });

  test("knows afterwards in which block its newest weights were set, by hotkey and mechanism", async () => {
    database((file) => {
      row(file, 101, { hotkey: "5Own", block: 1300 });
      row(file, 102, { hotkey: "5Own", block: 1650 });
      row(file, 103, { hotkey: "5Own", block: null });
      row(file, 104, { hotkey: "5Own", block: 77, mechid: 1 });
      row(file, 105, { hotkey: "5Own", block: null, mechid: 2 });
    });
    const next = await journal();
    expect([0, 1, 2].map((mechid) => next.knownUpdate(seat("5Own", mechid)))).toEqual([1650, 77, null]);
  });

  test("is left as it was when the way cannot be gone to its end", async () => {
    database((file) => file.exec("ALTER TABLE cycle ADD COLUMN sealed_at INTEGER"));
    await expect(journal()).rejects.toMatchObject({ exit: "journal" });
    expect(pragma("user_version")).toBe(1);
    expect(database((file) => file.prepare("SELECT count(*) AS n FROM cycle").get())).toEqual({ n: 2 });
  });

  test("can be read as it is", () => {
    using view = openJournalReadOnly({ folder, mode: "run" });
    expect(view?.mechanisms()).toMatchObject([
      {
        netuid: 2,
        mechid: 0,
        sealedCycles: 1,
        last: { key: { epoch: 6 }, sealed: { at: null } },
        open: [{ key: KEY }],
      },
    ]);
    expect(pragma("user_version")).toBe(1);
  });
});

describe("a journal of version 3, which did not say whose an own update was", () => {
  const VERSION_3 = `${VERSION_1}
    ALTER TABLE cycle ADD COLUMN sealed_at INTEGER;
    CREATE TABLE own_update (
      netuid INTEGER NOT NULL, mechid INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (netuid, mechid)
    ) STRICT;
    CREATE TABLE moved (at INTEGER NOT NULL, file TEXT NOT NULL) STRICT;
    PRAGMA user_version = 3;`;

  async function known(
    rows: readonly RowFacts[],
    noted: number,
    hotkeys: readonly string[],
  ): Promise<readonly (number | null)[]> {
    database((file) => {
      file.exec(VERSION_3);
      for (const [index, facts] of rows.entries()) row(file, 101 + index, facts);
      file.prepare("INSERT INTO own_update VALUES (2, 0, ?)").run(noted);
    });
    const next = await journal();
    return hotkeys.map((hotkey) => next.knownUpdate(seat(hotkey)));
  }

  test("keeps what is known for the one hotkey that ran, whether it stands in a submission or not", async () => {
    expect(await known([{ hotkey: "5Own", block: 1300 }], 1400, ["5Own", "5New"])).toEqual([1400, null]);
  });

  test("gives each hotkey what it submitted itself, and nobody another's", async () => {
    const rows = [
      { hotkey: "5Former", block: 1650 },
      { hotkey: "5Own", block: 1300 },
      { hotkey: "5Quiet", block: null },
    ];
    expect(await known(rows, 1650, ["5Former", "5Own", "5Quiet"])).toEqual([1650, 1300, null]);
  });

  test("gives what no submission says to the hotkey that ran last", async () => {
    const rows = [
      { hotkey: "5Former", block: 1300 },
      { hotkey: "5Own", block: null },
    ];
    expect(await known(rows, 1400, ["5Former", "5Own"])).toEqual([1300, 1400]);
  });

  test("forgets what was noted before anything was begun: nothing was signed from here", async () => {
    expect(await known([], 1400, ["5Own"])).toEqual([null]);
    expect(pragma("user_version")).toBe(4);
  });

  test("forgets what a run without a hotkey left", async () => {
    expect(await known([{ hotkey: null, block: null }], 1400, ["5Own", "null"])).toEqual([null, null]);
  });

  test("can be read as it is, and moves house", async () => {
    database((file) => {
      file.exec(VERSION_3);
      row(file, 101, { hotkey: "5Own", block: 1300 });
      file.prepare("INSERT INTO own_update VALUES (2, 0, 1400)").run();
    });
    using view = openJournalReadOnly({ folder, mode: "run" });
    expect(view?.mechanisms()[0]?.ownUpdate).toBe(1400);
    const house = join(folder, "house");
    importJournal(house, join(folder, "journal.sqlite"));
    opened.push(await openJournal({ folder: house, mode: "run" }));
    expect(opened[0]?.knownUpdate(seat("5Own"))).toBe(1400);
  });
});

const seat = (hotkey: string, mechid = 0): Seat => ({ netuid: 2, mechid, hotkey });

interface RowFacts {
  readonly hotkey: string | null;
  /** In which its weights were set. */
  readonly block: number | null;
  readonly mechid?: number;
}

/** A cycle with a header and a submission, as any version writes them. */
function row(file: DatabaseSync, id: number, { hotkey, block, mechid = 0 }: RowFacts): void {
  file.prepare("INSERT INTO cycle (id, netuid, mechid, epoch, secret) VALUES (?, 2, ?, ?, 'x')").run(id, mechid, id);
  const record = file.prepare("INSERT INTO record VALUES (?, ?, '', 'x', ?)");
  record.run(id, "header", JSON.stringify({ kind: "header", hotkey }));
  const at = block === null ? null : { hash: DIGEST, number: block };
  record.run(id, "submission", JSON.stringify({ kind: "submission", block: at }));
}

describe("the own last update", () => {
  test("is unknown at first, only ever grows, and is kept for each hotkey and mechanism over a restart", async () => {
    const first = await journal();
    expect(first.knownUpdate(seat("5Own"))).toBeNull();
    await first.noteUpdate(seat("5Own"), 100);
    await first.noteUpdate(seat("5Own"), 90);
    await first.noteUpdate(seat("5Own", 1), 40);
    await first.noteUpdate(seat("5New"), 200);
    const all = (of: Journal): readonly (number | null)[] =>
      [seat("5Own"), seat("5Own", 1), seat("5New"), seat("5New", 1)].map((one) => of.knownUpdate(one));
    expect(all(first)).toEqual([100, 40, 200, null]);
    await first.close();
    const second = await journal();
    await second.noteUpdate(seat("5Own"), 101);
    expect(all(second)).toEqual([101, 40, 200, null]);
  });
});

describe("reading beside a validator", () => {
  test("shows the cycle under way and what is sealed, of the moment, and that somebody works", async () => {
    const running = await journal();
    const before = Date.now();
    const bundle = await seal(running, 6);
    const log = await running.open(KEY, secret);
    await log.append({ kind: "header", hotkey: "5Own", parents: [] } as unknown as Header);
    await log.append(SAMPLE_ROSTER);
    await log.announce("response/1/t00");
    await log.announce("response/2/t00");
    await log.append(sampleResponse(1, "t00", "a"));
    await log.claim(DIGEST);
    await log.step({ state: "claimed", facts: {} });
    await running.noteUpdate(seat("5Own"), 1650);
    await running.noteUpdate(seat("5Former"), 1700);
    using view = openJournalReadOnly({ folder, mode: "run" });
    expect(view?.mechanisms()).toEqual([
      {
        netuid: 2,
        mechid: 0,
        ownUpdate: 1650,
        sealedCycles: 1,
        last: expect.objectContaining({
          key: { ...KEY, epoch: 6 },
          sealed: { seal: DIGEST, bundle, at: expect.any(Number) },
          records: { roster: 1 },
        }),
        open: [
          {
            key: KEY,
            sealed: null,
            claimed: true,
            records: { header: 1, response: 1, roster: 1 },
            announced: 2,
            steps: ["claimed"],
          },
        ],
      },
    ]);
    expect(view?.mechanisms()[0]?.last?.sealed?.at).toBeGreaterThanOrEqual(before);
    expect(view?.record(KEY, "roster")).toEqual(SAMPLE_ROSTER);
    expect(view?.record(KEY, "seal")).toBeUndefined();
    await log.append(sampleResponse(2, "t00", "b"));
    expect(view?.mechanisms()[0]?.open[0]?.records["response"]).toBe(2);
    expect(view?.size()).toMatchObject({ bundles: 1, bundleBytes: statSync(bundle).size });
  });

  test("knows whether another process holds the folder, and takes nothing from it", async () => {
    await (await journal()).close();
    const running = spawn(process.execPath, [CHILD, "hold", folder], { stdio: ["ignore", "pipe", "inherit"] });
    await once(running.stdout, "data");
    using view = openJournalReadOnly({ folder, mode: "run" });
    expect([view?.isLocked(), view?.isLocked()]).toEqual([true, true]);
    await expect(journal()).rejects.toMatchObject({ exit: "locked" });
    running.kill("SIGKILL");
    await once(running, "exit");
    expect(view?.isLocked()).toBe(false);
    const next = spawnSync(process.execPath, [CHILD, "lock", folder], { encoding: "utf8" });
    expect(next.stdout).toBe("opened\n");
  });

  test("changes nothing, makes nothing, and says undefined where there is no journal", async () => {
    const empty = join(folder, "empty");
    expect(openJournalReadOnly({ folder: empty, mode: "run" })).toBeUndefined();
    expect(existsSync(empty)).toBe(false);
    await (await journal()).close();
    const before = readFileSync(join(folder, "journal.sqlite"));
    openJournalReadOnly({ folder, mode: "run" })?.[Symbol.dispose]();
    expect(readFileSync(join(folder, "journal.sqlite")).equals(before)).toBe(true);
  });

  test.each([
    ["no database", (file: string) => writeFileSync(file, "hello ".repeat(500)), "journal-damaged"],
    ["another program's", (file: string) => new DatabaseSync(file).exec("CREATE TABLE t (a)"), "journal-foreign"],
    ["an empty file", (file: string) => writeFileSync(file, ""), "journal-foreign"],
    ["a folder", (file: string) => mkdirSync(file), "journal-unusable"],
  ])("%s in its place is a sentence", (_name, make, code) => {
    make(join(folder, "journal.sqlite"));
    const open = (): unknown => openJournalReadOnly({ folder, mode: "run" });
    expect(open).toThrow(expect.objectContaining({ name: "ValidatorError", exit: "journal", code }));
  });
});

describe("retention", () => {
  const rule = (more: Partial<RetentionConfig>): RetentionConfig => ({
    bundleDays: null,
    bundleBytes: null,
    records: 8,
    ...more,
  });

  test("without bounds deletes no bundle and says after every seal how much there is", async () => {
    const { telemetry, events } = recorder();
    const keeper = await journal({ telemetry });
    for (let epoch = 1; epoch <= 12; epoch += 1) await seal(keeper, epoch);
    expect(epochs()).toHaveLength(12);
    expect(events.map(([name]) => name)).toEqual(Array.from({ length: 13 }, () => "data-size"));
    const sizes = epochs().map((epoch) => statSync(join(folder, "bundles", `cycle-2-0-${epoch}.jsonl.zst`)).size);
    expect(events.at(-1)?.[1]).toMatchObject({ bundles: 12, bundleBytes: sizes.reduce((a, b) => a + b, 0) });
  });

  test("by size deletes the oldest until the bound holds, and says of each that it did", async () => {
    const { telemetry, events } = recorder();
    const keeper = await journal({ retention: rule({ bundleBytes: 25_000 }), telemetry });
    for (let epoch = 1; epoch <= 10; epoch += 1) await seal(keeper, epoch, 8000);
    const deleted = events.filter(([name]) => name === "bundle-deleted").map(([, facts]) => facts);
    expect(deleted.map(({ epoch }) => epoch)).toEqual(Array.from({ length: deleted.length }, (_, index) => index + 1));
    expect(deleted[0]).toEqual({
      netuid: 2,
      mechid: 0,
      epoch: 1,
      file: "cycle-2-0-1.jsonl.zst",
      bytes: expect.any(Number),
      reason: "size",
    });
    const left = epochs();
    expect(left).toEqual(Array.from({ length: left.length }, (_, index) => 11 - left.length + index));
    const total = left.reduce(
      (sum, epoch) => sum + statSync(join(folder, "bundles", `cycle-2-0-${epoch}.jsonl.zst`)).size,
      0,
    );
    expect(total).toBeLessThanOrEqual(25_000);
    expect(left.length).toBeGreaterThan(2);
  });

  test("never takes the newest two of a mechanism, an open cycle, or a file that it did not write", async () => {
    const keeper = await journal({ retention: rule({ bundleBytes: 0 }) });
    writeFileSync(join(folder, "bundles", "cycle-9-9-1.jsonl.zst"), "another's");
    for (let epoch = 1; epoch <= 4; epoch += 1) await seal(keeper, epoch);
    for (let epoch = 1; epoch <= 3; epoch += 1) await seal(keeper, epoch, 1000, 1);
    const open = await keeper.open({ ...KEY, epoch: 9 }, secret);
    await open.append(SAMPLE_ROSTER);
    expect(readdirSync(join(folder, "bundles")).toSorted()).toEqual([
      "cycle-2-0-3.jsonl.zst",
      "cycle-2-0-4.jsonl.zst",
      "cycle-2-1-2.jsonl.zst",
      "cycle-2-1-3.jsonl.zst",
      "cycle-9-9-1.jsonl.zst",
    ]);
    expect(open.find("roster")).toEqual(SAMPLE_ROSTER);
    // The claim and the seal of a cycle stay without its bundle.
    expect(keeper.sealed({ ...KEY, epoch: 1 })?.seal).toBe(DIGEST);
  });

  test("by age goes by the time of sealing, at the start too", async () => {
    const first = await journal();
    for (let epoch = 1; epoch <= 5; epoch += 1) await seal(first, epoch);
    await first.close();
    database((file) => file.prepare("UPDATE cycle SET sealed_at = ? WHERE epoch <= 2").run(Date.now() - 3 * DAY));
    const { telemetry, events } = recorder();
    await journal({ retention: rule({ bundleDays: 2 }), telemetry });
    expect(epochs()).toEqual([3, 4, 5]);
    expect(events.map(([name, { epoch, reason }]) => [name, epoch, reason])).toEqual([
      ["bundle-deleted", 1, "age"],
      ["bundle-deleted", 2, "age"],
      ["data-size", undefined, undefined],
    ]);
  });

  test("keeps the records of as many cycles as it is told", async () => {
    const keeper = await journal({ retention: rule({ records: 2 }) });
    for (let epoch = 1; epoch <= 5; epoch += 1) await seal(keeper, epoch);
    const kept = [];
    for (let epoch = 1; epoch <= 5; epoch += 1) {
      if ((await keeper.open({ ...KEY, epoch }, secret)).find("roster") !== undefined) kept.push(epoch);
    }
    expect(kept).toEqual([4, 5]);
  });

  /** Seals an epoch whose weights were sent as this says; commits are opened after so many epochs. */
  async function sealSent(to: Journal, epoch: number, period: number, commit: boolean): Promise<void> {
    const log = await to.open({ ...KEY, epoch }, secret);
    const parents: readonly [] = [];
    const sealed = commit ? { bytes: "0x01", round: 9, epoch, version: 4, revealBlock: 1 } : null;
    const block = { hash: DIGEST, number: epoch * 100 };
    const hyperparameters = { commitRevealPeriod: period };
    for (const record of [
      { kind: "header", hotkey: "5Own", parents },
      { kind: "snapshot", hyperparameters, parents },
      { kind: "weight-vector", uids: [1], values: [epoch], parents },
      { kind: "submission", submission: commit ? "timelocked" : "direct", block, commit: sealed, fault: null, parents },
    ]) {
      await log.append(record as unknown as CycleRecord);
    }
    await log.seal(["{}"], DIGEST, { ...EMPTY_STATE, cycles: epoch });
  }

  test.each([
    ["every commit that is still to be settled, and the last that was", 3, true, 4],
    ["no more when all is settled by the next cycle", 3, false, 1],
  ] as const)("of the records of one cycle keeps %s", async (_what, period, commit, kept) => {
    const keeper = await journal({ retention: rule({ records: 1 }) });
    for (let epoch = 1; epoch <= 8; epoch += 1) {
      // What this cycle has to settle is here before it is sealed.
      const due = commit ? epoch - period : epoch - 1;
      const sent = keeper.sentUntil({ netuid: 2, mechid: 0, epoch: due, hotkey: "5Own" });
      expect(sent?.epoch).toBe(due >= 1 ? due : undefined);
      await sealSent(keeper, epoch, period, commit);
    }
    const left = database((file) => file.prepare("SELECT count(DISTINCT cycle) AS n FROM record").get());
    expect(left).toEqual({ n: kept });
  });

  test("of one cycle keeps the commits that are not due yet when nothing is sent behind them", async () => {
    const keeper = await journal({ retention: rule({ records: 1 }) });
    for (const epoch of [1, 2, 3]) await sealSent(keeper, epoch, 2, true);
    await sealSent(keeper, 4, 2, false);
    for (const epoch of [2, 3]) {
      expect(keeper.sentUntil({ netuid: 2, mechid: 0, epoch, hotkey: "5Own" })?.epoch).toBe(epoch);
    }
    await sealSent(keeper, 5, 2, false);
    await sealSent(keeper, 6, 2, false);
    const left = database((file) => file.prepare("SELECT count(DISTINCT cycle) AS n FROM record").get());
    expect(left).toEqual({ n: 1 });
  });

  test("the database gives the space of forgotten cycles back", async () => {
    const keeper = await journal({ retention: rule({ records: 1 }) });
    const sizes: number[] = [];
    for (let epoch = 1; epoch <= 6; epoch += 1) {
      const log = await keeper.open({ ...KEY, epoch }, secret);
      const size = epoch <= 2 ? 40_000 : 400;
      await Promise.all(
        Array.from({ length: 50 }, (_, uid) => log.append(sampleResponse(uid, "t00", "x".repeat(size)))),
      );
      await seal(keeper, epoch);
      sizes.push(statSync(join(folder, "journal.sqlite")).size);
    }
    expect(sizes[1]).toBeGreaterThan(2_000_000);
    expect(sizes[5]).toBeLessThan(200_000);
    expect(statSync(join(folder, "journal.sqlite-wal")).size).toBeLessThan(100_000);
  });

  test("what cannot be deleted is said and stops nothing", async () => {
    const { telemetry, events } = recorder();
    const keeper = await journal({ retention: rule({ bundleBytes: 0 }), telemetry });
    const path = await seal(keeper, 1);
    rmSync(path);
    mkdirSync(path);
    for (let epoch = 2; epoch <= 4; epoch += 1) await seal(keeper, epoch);
    expect(events.filter(([name]) => name === "data-not-tidied").length).toBeGreaterThan(0);
    expect(keeper.last(2, 0)?.state.cycles).toBe(4);
  });
});

/** A disk of two megabytes in a mount namespace of its own: it goes with the process. */
function onSmallDisk(script: string): { readonly status: number | null; readonly lines: readonly string[] } {
  const child = (deed: string): string => `"${process.execPath}" "${CHILD}" ${deed} "${folder}"`;
  const text = `mount -t tmpfs -o size=2m tmpfs "${folder}" || exit 99; ${script.replaceAll(/@(\w+)/g, (_, deed: string) => child(deed))}`;
  const { status, stdout } = spawnSync("unshare", ["--map-root-user", "--mount", "bash", "-c", text], {
    encoding: "utf8",
  });
  return { status, lines: stdout.trim().split("\n") };
}

const canMount =
  spawnSync("unshare", ["--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", tmpdir()]).status === 0;

describe.skipIf(!canMount)("a disk (skipped where a user may not mount one)", () => {
  test("that is full ends in a sentence, and every record that was said to be kept is there when there is space again", () => {
    const { status, lines } = onSmallDisk(
      `head -c 400000 /dev/zero > "${folder}/ballast"; @fill; @lock; rm "${folder}/ballast"; @count`,
    );
    expect(status).toBe(0);
    const [full, again, count] = lines;
    const error = JSON.parse(full ?? "") as { readonly message: string; readonly kept: number };
    expect(error).toMatchObject({ exit: "journal", code: "journal-unusable", kept: expect.any(Number) });
    expect(error.message).toBe(`The journal ${join(folder, "journal.sqlite")} cannot grow: the disk is full.`);
    // The next start meets the same disk: it says the same, or has nothing to write and opens.
    expect(again).toMatch(/^opened$|disk is full/);
    expect(Number(count)).toBe(error.kept);
  });

  test("that does not take a bundle ends in a sentence and keeps no piece of it", () => {
    const { lines } = onSmallDisk(`@bundle; ls "${folder}"`);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      exit: "journal",
      message: `The journal ${join(folder, "bundle.jsonl.zst")} cannot grow: the disk is full.`,
    });
    expect(lines).toHaveLength(1);
  });

  test("that is read-only ends in a sentence, whether there is a journal or not", () => {
    const { lines } = onSmallDisk(
      `@lock; mount -o remount,ro "${folder}"; @lock; mount -o remount,rw "${folder}"; rm "${folder}"/*.sqlite*; mount -o remount,ro "${folder}"; @lock`,
    );
    expect(lines[0]).toBe("opened");
    for (const line of lines.slice(1, 3)) {
      expect(JSON.parse(line)).toMatchObject({
        exit: "journal",
        message: expect.stringMatching(/cannot be (written|opened)/),
      });
    }
  });
});
