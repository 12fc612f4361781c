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
import { openJournalReadOnly } from "../../../src/adapters/journal/journal-view.ts";
import { type JournalPlace, openJournal } from "../../../src/adapters/journal/sqlite-journal.ts";
import type { RetentionConfig } from "../../../src/core/model/config.ts";
import { EMPTY_STATE } from "../../../src/core/model/scoring-state.ts";
import type { Journal } from "../../../src/ports/journal.ts";
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
    expect([pragma("user_version"), pragma("auto_vacuum"), pragma("journal_mode")]).toEqual([3, 2, "wal"]);
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

  test("knows afterwards in which block its newest weights were set, by mechanism", async () => {
    const submission = (block: number | null): string =>
      JSON.stringify({ kind: "submission", block: block === null ? null : { hash: DIGEST, number: block } });
    database((file) => {
      const cycle = file.prepare("INSERT INTO cycle (id, netuid, mechid, epoch, secret) VALUES (?, 2, ?, ?, 'x')");
      const record = file.prepare("INSERT INTO record VALUES (?, 'submission', '', 'x', ?)");
      for (const [id, mechid, block] of [
        [101, 0, 1300],
        [102, 0, 1650],
        [103, 0, null],
        [104, 1, 77],
        [105, 2, null],
      ] as const) {
        cycle.run(id, mechid, id);
        record.run(id, submission(block));
      }
    });
    const next = await journal();
    expect([0, 1, 2].map((mechid) => next.knownUpdate(2, mechid))).toEqual([1650, 77, null]);
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

describe("the own last update", () => {
  test("is unknown at first, only ever grows, and is kept for each mechanism over a restart", async () => {
    const first = await journal();
    expect(first.knownUpdate(2, 0)).toBeNull();
    await first.noteUpdate(2, 0, 100);
    await first.noteUpdate(2, 0, 90);
    await first.noteUpdate(2, 1, 40);
    expect([first.knownUpdate(2, 0), first.knownUpdate(2, 1), first.knownUpdate(3, 0)]).toEqual([100, 40, null]);
    await first.close();
    const second = await journal();
    await second.noteUpdate(2, 0, 101);
    expect([second.knownUpdate(2, 0), second.knownUpdate(2, 1)]).toEqual([101, 40]);
  });
});

describe("reading beside a validator", () => {
  test("shows the cycle under way and what is sealed, of the moment, and that somebody works", async () => {
    const running = await journal();
    const before = Date.now();
    const bundle = await seal(running, 6);
    const log = await running.open(KEY, secret);
    await log.append(SAMPLE_ROSTER);
    await log.announce("response/1/t00");
    await log.announce("response/2/t00");
    await log.append(sampleResponse(1, "t00", "a"));
    await log.claim(DIGEST);
    await log.step({ state: "claimed", facts: {} });
    await running.noteUpdate(2, 0, 1650);
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
            records: { response: 1, roster: 1 },
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
