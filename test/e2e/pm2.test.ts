import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { cleanEnv, type Ledger, LocalnetProcess, requests, until } from "./processes.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const PM2 = join(ROOT, "node_modules/.bin/pm2");
const ECOSYSTEM = join(ROOT, "ecosystem.config.cjs");
const UIDS = [1, 2, 3, 4] as const;
const TASKS = 16;
const run = promisify(execFile);

interface App {
  readonly pid: number;
  readonly pm2_env: {
    readonly status: string;
    readonly restart_time: number;
    readonly exit_code?: number;
    readonly pm_out_log_path: string;
    readonly pm_err_log_path: string;
  };
}

/** The real pm2 with a daemon and a home of its own; disposing of it ends the daemon and everything below it. */
class Pm2 implements AsyncDisposable {
  readonly home: string = mkdtempSync(join(tmpdir(), "touchstone-pm2-"));
  readonly #env: NodeJS.ProcessEnv;

  constructor(config: string, extra: Readonly<Record<string, string>> = {}) {
    this.#env = cleanEnv({ PM2_HOME: this.home, TOUCHSTONE_CONFIG: config, ...extra });
  }

  async do(...args: readonly string[]): Promise<string> {
    const { stdout } = await run(process.execPath, [PM2, ...args], { env: this.#env, cwd: ROOT });
    return stdout;
  }

  async app(): Promise<App> {
    const listed = await this.do("jlist");
    const [app] = JSON.parse(listed.slice(listed.indexOf("["))) as readonly App[];
    if (app === undefined) throw new Error("pm2 runs nothing");
    return app;
  }

  async reaches(holds: (app: App) => boolean): Promise<App> {
    return until(() => this.app(), holds);
  }

  log(app: App): string {
    return readFileSync(app.pm2_env.pm_err_log_path, "utf8");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.do("kill");
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }
}

const invoked = (ledger: Ledger): number => requests(ledger, "invoke");
const boughtOnce = (ledger: Ledger): void => {
  for (const uid of UIDS) expect(requests(ledger, "invoke", undefined, uid)).toBe(TASKS);
};

/** Issue "What must be shown" 1 and 5. */
describe("under the real pm2", () => {
  let net: LocalnetProcess;
  beforeAll(async () => {
    net = await LocalnetProcess.start("--miners", "4", "--tempo", "1200", "--block-ms", "250");
  }, 30_000);
  afterAll(() => net[Symbol.asyncDispose]());
  beforeEach(() => net.faults([]));

  test("it says when it is ready, a stop drains it, a restart goes on, and kill -9 brings it back", async () => {
    const before = await net.ledger();
    expect(before.extrinsics).toEqual([]);
    await net.faults([{ target: "chutes", match: "invoke", kind: "delay", value: 300 }]);
    await using pm2 = new Pm2(net.ready.config);
    await pm2.do("start", ECOSYSTEM);
    const started = await pm2.app();
    expect(started.pm2_env.status).toBe("online");
    expect(pm2.log(started)).toContain("ready mode=run");

    await until(
      () => net.ledger(),
      (ledger) => invoked(ledger) > 10,
    );
    await pm2.do("stop", "touchstone");
    const stopped = await pm2.reaches(({ pm2_env }) => pm2_env.status === "stopped");
    expect(stopped.pm2_env.exit_code).toBe(0);
    expect(pm2.log(stopped)).toContain("Stopped by SIGINT");
    expect(invoked(await net.ledger())).toBeLessThan(UIDS.length * TASKS);

    await pm2.do("restart", "touchstone");
    const again = await pm2.reaches(({ pm2_env }) => pm2_env.status === "online");
    expect(again.pid).not.toBe(started.pid);
    await until(
      () => net.ledger(),
      (ledger) => invoked(ledger) === UIDS.length * TASKS,
    );

    process.kill(again.pid, "SIGKILL");
    const back = await pm2.reaches(({ pid, pm2_env }) => pid !== again.pid && pid !== 0 && pm2_env.status === "online");
    expect(back.pm2_env.restart_time).toBeGreaterThan(again.pm2_env.restart_time);
    boughtOnce(await net.ledger());
  }, 120_000);

  test.for([
    ["a configuration that is wrong", 64, { netuid: "two" }, "netuid"],
    ["a key file that is not there", 65, { chutes: { apiKeyFile: "nowhere" } }, "cannot be opened"],
  ] as const)(
    "%s stays down, with the reason as the last line of the log",
    { timeout: 60_000 },
    async ([name, code, change, reason]) => {
      await using pm2 = new Pm2(net.variant(`pm2-${code}-${name.length}`, change));
      await pm2.do("start", ECOSYSTEM);
      const app = await pm2.reaches(({ pm2_env }) => pm2_env.exit_code === code);
      // pm2 calls it `waiting restart` all the same; five looks later its longest wait (0.2 s) is over.
      for (let looks = 0; looks < 5; looks += 1) {
        expect(await pm2.app()).toMatchObject({ pid: 0, pm2_env: { restart_time: 0 } });
      }
      expect(pm2.log(app).trimEnd().split("\n").at(-1)).toContain(reason);
    },
  );

  test("keeps API key, mnemonic and what looks like a secret out of the file that pm2 save writes, and out of the logs", async () => {
    const canary = "canary-7f3a9c51";
    await using pm2 = new Pm2(net.ready.config, {
      CHUTES_API_KEY: net.ready.apiKey,
      CHUTES_CANARY: canary,
      VALIDATOR_MNEMONIC: canary,
      AWS_SECRET_ACCESS_KEY: canary,
      GITHUB_TOKEN: canary,
    });
    await pm2.do("start", ECOSYSTEM);
    await pm2.do("save");
    const app = await pm2.app();
    const hotkeyFile = readFileSync(join(net.ready.wallet, "validator/hotkeys/default"), "utf8");
    const { secretPhrase, secretSeed } = JSON.parse(hotkeyFile) as Readonly<Record<string, string>>;
    expect(secretPhrase?.split(" ")).toHaveLength(12);
    const written = [
      readFileSync(join(pm2.home, "dump.pm2"), "utf8"),
      readFileSync(app.pm2_env.pm_out_log_path, "utf8"),
      pm2.log(app),
      readFileSync(`/proc/${app.pid}/cmdline`, "utf8"),
    ];
    for (const text of written) {
      for (const secret of [canary, net.ready.apiKey, secretPhrase, secretSeed]) expect(text).not.toContain(secret);
    }
  }, 60_000);
});
