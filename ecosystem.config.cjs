const path = require("node:path");

/**
 * pm2: one process, one hotkey. `pm2 start ecosystem.config.cjs` runs the validator with ./touchstone.yaml, or with the file
 * that TOUCHSTONE_CONFIG names. The interpreter is the Node pinned by package-lock.json.
 *
 * A stop waits for what is under way (at most 80 s, then pm2's 90 s are over). Errors that a restart cannot mend (64
 * configuration, 65 key, 66 not registered, 67 runtime, 68 data folder in use, 69 journal, 71 doppelganger) stay down with
 * their reason as the last line of the log; pm2 lists such a one as "waiting restart" and does not restart it. Anything
 * unforeseen (70) and signals restart. 0 is not among the codes: pm2 reports a process that was killed (kill -9, out of
 * memory) as 0, and that one must come back.
 *
 * Secrets come from files: `pm2 save` writes the environment to disk. Variables that may hold one are not passed on at all.
 */
module.exports = {
  apps: [
    {
      name: "touchstone",
      script: path.join(__dirname, "src/main.ts"),
      args: ["run", "--config", path.resolve(process.env.TOUCHSTONE_CONFIG || path.join(__dirname, "touchstone.yaml"))],
      cwd: __dirname,
      interpreter: path.join(__dirname, "node_modules/.bin/node"),
      exec_mode: "fork",
      instances: 1,
      merge_logs: true,
      watch: false,
      autorestart: true,
      exp_backoff_restart_delay: 200,
      stop_exit_codes: [64, 65, 66, 67, 68, 69, 71],
      wait_ready: true,
      listen_timeout: 60_000,
      kill_timeout: 90_000,
      max_memory_restart: "1G",
      filter_env: ["CHUTES_", "AWS_", "GITHUB_", "npm_", "MNEMONIC", "SECRET", "PASSWORD", "TOKEN"],
    },
  ],
};
