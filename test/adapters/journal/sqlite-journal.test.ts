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
import { readBundle } from "../../../src/adapters/journal/bundle-file.ts";
import { openJournal } from "../../../src/adapters/journal/sqlite-journal.ts";
import { recordDigest } from "../../../src/core/determinism/digest.ts";
import type { Header } from "../../../src/core/model/records.ts";
import { EMPTY_STATE } from "../../../src/core/model/scoring-state.ts";
import type { Journal } from "../../../src/ports/journal.ts";
import { SAMPLE_ROSTER, sampleResponse } from "../../support/sample-records.ts";

const KEY = { netuid: 2, mechid: 0, epoch: 7 };
const SECRET = `0x${"ab".repeat(32)}` as const;
const DIGEST = `0x${"cd".repeat(32)}` as const;
const CHILD = new URL("../../support/journal-child.ts", import.meta.url).pathname;
const secret = (): typeof SECRET => SECRET;

let folder: string;
let opened: Journal[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "touchstone-journal-"));
  opened = [];
});

afterEach(async () => {
  for (const journal of opened) await journal.close();
  rmSync(folder, { recursive: true, force: true });
});

async function journal(mode: Header["mode"] = "once", at = folder): Promise<Journal> {
  const result = await openJournal({ folder: at, mode });
  opened.push(result);
  return result;
}

async function reopened(former: Journal): Promise<Journal> {
  await former.close();
  return await journal();
}

describe("a cycle", () => {
  test("keeps its secret over a restart and asks for it once", async () => {
    const first = await journal();
    let asked = 0;
    const draw = (): typeof SECRET => {
      asked += 1;
      return SECRET;
    };
    await first.open(KEY, draw);
    const log = await (await reopened(first)).open(KEY, draw);
    expect([log.secret, log.key, asked]).toEqual([SECRET, KEY, 1]);
  });

  test("gives every record back as it was, in the order of uids whatever the order of arrival", async () => {
    const first = await journal();
    const log = await first.open(KEY, secret);
    const records = [
      sampleResponse(10, "t00", "ü\u2028😀"),
      sampleResponse(2, "t01", "b"),
      sampleResponse(2, "t00", "a"),
    ];
    const digests = await Promise.all(records.map((record) => log.append(record)));
    expect(digests).toEqual(records.map(recordDigest));
    const again = await (await reopened(first)).open(KEY, secret);
    expect(again.find("response", "10/t00")).toEqual(records[0]);
    expect(again.find("response", "10/t01")).toBeUndefined();
    expect(again.list("response")).toEqual([records[2], records[1], records[0]]);
    expect(again.list("judgement")).toEqual([]);
  });

  test("takes an equal record again and refuses another one for its place, while its neighbours go through", async () => {
    const log = await (await journal()).open(KEY, secret);
    await log.append(SAMPLE_ROSTER);
    const results = await Promise.allSettled([
      log.append(SAMPLE_ROSTER),
      log.append(sampleResponse(1, "t00", "a")),
      log.append(sampleResponse(1, "t00", "b")),
      log.append(sampleResponse(1, "t01", "c")),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(results[2]).toMatchObject({ reason: { exit: "journal", code: "record-conflict" } });
    expect(log.list("response").map(({ taskId }) => taskId)).toEqual(["t00", "t01"]);
  });

  test("refuses what canonical JSON cannot hold", async () => {
    const log = await (await journal()).open(KEY, secret);
    await expect(log.append(sampleResponse(1, "t00", "\ud800"))).rejects.toMatchObject({ code: "record-unwritable" });
    await expect(log.keep("p", { a: Number.NaN })).rejects.toMatchObject({ exit: "journal" });
  });

  test("says of a purchase whether it was announced before, and keeps partial results", async () => {
    const first = await journal();
    const log = await first.open(KEY, secret);
    await log.keep("kept-first", [1]);
    expect(await Promise.all([log.announce("a"), log.announce("b"), log.announce("a")])).toEqual([
      "first",
      "first",
      "asked-before",
    ]);
    await log.keep("a", { attempts: [1] });
    await log.keep("a", { attempts: [1, 2] });
    const again = await (await reopened(first)).open(KEY, secret);
    expect([again.kept("a"), again.kept("b"), again.kept("c"), again.kept("kept-first")]).toEqual([
      { attempts: [1, 2] },
      undefined,
      undefined,
      [1],
    ]);
    expect([await again.announce("b"), await again.announce("kept-first")]).toEqual(["asked-before", "first"]);
  });

  test("gives one claim to ten who ask at once, for ever", async () => {
    const first = await journal();
    const log = await first.open(KEY, secret);
    const vectors = Array.from({ length: 10 }, (_, index) => `0x${String(index).repeat(64)}` as const);
    const answers = await Promise.all(vectors.map((vector) => log.claim(vector)));
    expect(answers.filter((answer) => answer === "claimed")).toHaveLength(1);
    expect(answers.filter((answer) => answer === "other")).toHaveLength(9);
    const winner = vectors[answers.indexOf("claimed")]!;
    const again = await (await reopened(first)).open(KEY, secret);
    expect([await again.claim(winner), await again.claim(DIGEST)]).toEqual(["same", "other"]);
  });

  test("lists steps in their order", async () => {
    const first = await journal();
    const log = await first.open(KEY, secret);
    await Promise.all([log.step({ state: "claimed", facts: {} }), log.step({ state: "signed", facts: { nonce: 3 } })]);
    const again = await (await reopened(first)).open(KEY, secret);
    expect(again.steps()).toEqual([
      { state: "claimed", facts: {} },
      { state: "signed", facts: { nonce: 3 } },
    ]);
  });
});

describe("sealing", () => {
  test("writes the bundle, then makes the seal the next cycle's parent", async () => {
    const first = await journal();
    const state = { ...EMPTY_STATE, cycles: 3 };
    await first.open({ ...KEY, epoch: 6 }, secret);
    const log = await first.open(KEY, secret);
    expect([first.last(2, 0), first.sealed(KEY)]).toEqual([undefined, undefined]);
    expect(first.unsealed(2, 0).map(({ epoch }) => epoch)).toEqual([6, 7]);
    const path = await log.seal(["a", "b"], DIGEST, state);
    expect(path).toBe(join(folder, "bundles", "cycle-2-0-7.jsonl.zst"));
    expect(await readBundle(path)).toEqual(["a", "b"]);
    const again = await reopened(first);
    expect(again.last(2, 0)).toEqual({ seal: DIGEST, state });
    expect(again.sealed(KEY)).toEqual({ key: KEY, seal: DIGEST, bundle: path });
    expect(again.unsealed(2, 0).map(({ epoch }) => epoch)).toEqual([6]);
    expect(again.last(2, 1)).toBeUndefined();
    expect(readdirSync(join(folder, "bundles"))).toEqual(["cycle-2-0-7.jsonl.zst"]);
  });

  test("again with the same seal is harmless, with another one it is refused", async () => {
    const log = await (await journal()).open(KEY, secret);
    const path = await log.seal(["a"], DIGEST, EMPTY_STATE);
    expect(await log.seal(["a"], DIGEST, EMPTY_STATE)).toBe(path);
    await expect(log.seal(["b"], SECRET, EMPTY_STATE)).rejects.toMatchObject({ code: "record-conflict" });
    expect(await readBundle(path)).toEqual(["a"]);
  });

  test("goes on after a stop between the file and the mark", async () => {
    const first = await journal();
    const log = await first.open(KEY, secret);
    const path = await log.seal(["half"], DIGEST, EMPTY_STATE);
    await first.close();
    const database = new DatabaseSync(join(folder, "journal.sqlite"));
    database.exec("UPDATE cycle SET seal = NULL, sealed = NULL, state = NULL");
    database.close();
    const again = await journal();
    expect(again.sealed(KEY)).toBeUndefined();
    expect(await (await again.open(KEY, secret)).seal(["whole"], SECRET, EMPTY_STATE)).toBe(path);
    expect(await readBundle(path)).toEqual(["whole"]);
    expect(again.last(2, 0)?.seal).toBe(SECRET);
  });

  test("never overwrites a bundle that this journal did not write", async () => {
    const first = await journal();
    writeFileSync(join(folder, "bundles", "cycle-2-0-7.jsonl.zst"), "another validator's");
    const log = await first.open(KEY, secret);
    await expect(log.seal(["a"], DIGEST, EMPTY_STATE)).rejects.toMatchObject({
      exit: "journal",
      code: "bundle-exists",
    });
    expect(readFileSync(join(folder, "bundles", "cycle-2-0-7.jsonl.zst"), "utf8")).toBe("another validator's");
  });

  test("lets go of the records of long-sealed cycles, but of no claim, no seal and no open cycle", async () => {
    const first = await journal();
    const open = await first.open({ ...KEY, epoch: 1 }, secret);
    await open.append(SAMPLE_ROSTER);
    for (let epoch = 2; epoch <= 12; epoch += 1) {
      const log = await first.open({ ...KEY, epoch }, secret);
      await log.append(SAMPLE_ROSTER);
      await log.claim(DIGEST);
      await log.seal(["a"], DIGEST, { ...EMPTY_STATE, cycles: epoch });
    }
    const oldest = await first.open({ ...KEY, epoch: 2 }, secret);
    expect(oldest.find("roster")).toBeUndefined();
    expect(await oldest.claim(SECRET)).toBe("other");
    expect(first.sealed({ ...KEY, epoch: 2 })?.seal).toBe(DIGEST);
    expect((await first.open({ ...KEY, epoch: 12 }, secret)).find("roster")).toEqual(SAMPLE_ROSTER);
    expect(open.find("roster")).toEqual(SAMPLE_ROSTER);
    expect(first.last(2, 0)?.state.cycles).toBe(12);
  });
});

describe("processes", () => {
  test("a validator killed at once has lost nothing that it was told is kept", async () => {
    const child = spawn(process.execPath, [CHILD, "hold", folder], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    const log = await (await journal()).open(KEY, () => `0x${"00".repeat(32)}`);
    expect(log.secret).toBe(SECRET);
    expect(log.find("response", "1/t00")).toEqual(sampleResponse(1, "t00", "paid"));
    expect(await log.announce("response/1/t00")).toBe("asked-before");
    expect(await log.announce("response/2/t00")).toBe("asked-before");
    expect(await log.announce("response/3/t00")).toBe("first");
    expect(log.kept("judgement/1/t00")).toEqual({ attempts: 1 });
    expect(await log.claim(DIGEST)).toBe("same");
    expect(log.steps()).toEqual([{ state: "claimed", facts: {} }]);
  });

  test("a second validator in the same folder is told so, and a dry run beside it is not", async () => {
    await journal();
    const second = spawnSync(process.execPath, [CHILD, "lock", folder], { encoding: "utf8" });
    expect(JSON.parse(second.stdout)).toEqual({
      exit: "locked",
      code: "folder-locked",
      message: `Another process is using the data folder ${folder}.`,
    });
    await expect(journal("run")).rejects.toMatchObject({ exit: "locked" });
    const dry = await (await journal("dry-run")).open(KEY, secret);
    await dry.append(SAMPLE_ROSTER);
    expect(await dry.seal(["dry"], DIGEST, EMPTY_STATE)).toBe(join(folder, "dry-run-bundles", "cycle-2-0-7.jsonl.zst"));
    await expect(journal("dry-run")).rejects.toMatchObject({ exit: "locked" });
    expect((await (opened[0] as Journal).open(KEY, secret)).find("roster")).toBeUndefined();
  });

  test("the lock goes with the journal", async () => {
    await (await journal()).close();
    const next = spawnSync(process.execPath, [CHILD, "lock", folder], { encoding: "utf8" });
    expect(next.stdout).toBe("opened\n");
  });

  test("a disk that takes no more ends in a sentence, and what was kept is still there", async () => {
    const command = `ulimit -f 400; exec "${process.execPath}" "${CHILD}" fill "${folder}"`;
    const child = spawnSync("bash", ["-c", command], { encoding: "utf8" });
    const last = JSON.parse(child.stdout.trim()) as { exit: string; message: string };
    expect(last.exit).toBe("journal");
    expect(last.message).toContain("journal.sqlite");
    const log = await (await journal()).open(KEY, secret);
    expect(log.list("response").length).toBeGreaterThan(0);
  });

  test("its files are for their owner only", async () => {
    const log = await (await journal("once", join(folder, "data"))).open(KEY, secret);
    await log.append(SAMPLE_ROSTER);
    const modes = ["", "journal.sqlite", "journal.sqlite-wal"].map(
      (name) => statSync(join(folder, "data", name)).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o600, 0o600]);
  });
});

describe("a journal that cannot be used", () => {
  async function broken(change: (file: string) => void): Promise<unknown> {
    const first = await journal();
    const log = await first.open(KEY, secret);
    for (let uid = 0; uid < 50; uid += 1) await log.append(sampleResponse(uid, "t00", "x".repeat(2000)));
    await first.close();
    change(join(folder, "journal.sqlite"));
    return journal().then(
      () => "opened",
      (error: unknown) => error,
    );
  }

  const sql = (text: string) => (file: string) => {
    const database = new DatabaseSync(file);
    database.exec(text);
    database.close();
  };

  test.each([
    ["no database at all", (file: string) => writeFileSync(file, "hello ".repeat(500)), "journal-damaged"],
    [
      "pages overwritten",
      (file: string) => {
        const bytes = readFileSync(file);
        bytes.fill(0xff, 8192, bytes.length - 4096);
        writeFileSync(file, bytes);
      },
      "journal-damaged",
    ],
    [
      "a file cut short",
      (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 20_000)),
      "journal-damaged",
    ],
    ["a newer version", sql("PRAGMA user_version = 99"), "journal-version"],
    ["another program's", sql("PRAGMA application_id = 7"), "journal-foreign"],
    [
      "a folder in its place",
      (file: string) => {
        rmSync(file);
        mkdirSync(file);
      },
      "journal-unusable",
    ],
  ])("%s", async (_name, change, code) => {
    expect(await broken(change)).toMatchObject({ name: "ValidatorError", exit: "journal", code });
    // The lock was given back: the next try meets the same damage, not itself.
    await expect(journal()).rejects.toMatchObject({ exit: "journal", code });
  });

  test("a record changed on disk is not given out", async () => {
    const result = await broken(sql("UPDATE record SET text = replace(text, 'xx', 'xy') WHERE key = '3/t00'"));
    expect(result).toBe("opened");
    const log = await (opened.at(-1) as Journal).open(KEY, secret);
    expect(log.find("response", "2/t00")?.uid).toBe(2);
    expect(() => log.find("response", "3/t00")).toThrow(/changed on disk/);
    expect(() => log.list("response")).toThrow(/changed on disk/);
  });

  test("a data folder that cannot be made", async () => {
    writeFileSync(join(folder, "file"), "");
    await expect(journal("once", join(folder, "file", "data"))).rejects.toMatchObject({ exit: "journal" });
    expect(existsSync(join(folder, "file", "data"))).toBe(false);
  });

  test("one that was closed says so", async () => {
    const first = await journal();
    const log = await first.open(KEY, secret);
    const late = log.append(SAMPLE_ROSTER);
    await first.close();
    await expect(late).resolves.toBe(recordDigest(SAMPLE_ROSTER));
    await expect(log.append(SAMPLE_ROSTER)).rejects.toMatchObject({ code: "journal-closed" });
    expect(() => log.find("roster")).toThrow(/after it was closed/);
    await expect(log.claim(DIGEST)).rejects.toMatchObject({ code: "journal-closed" });
  });
});
