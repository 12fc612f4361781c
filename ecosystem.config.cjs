const path = require("node:path");

/**
 * pm2: one process, one hotkey. The interpreter is the Node pinned by package-lock.json. A configuration or key error stays
 * down with its reason as the last line; anything unforeseen (70) and signals restart. Secrets come from files: pm2 writes
 * its environment to disk.
 */
module.exports = {
  apps: [
    {
      name: "touchstone",
      script: path.join(__dirname, "src/main.ts"),
      args: `dry-run --config ${path.join(__dirname, "touchstone.yaml")}`,
      interpreter: path.join(__dirname, "node_modules/.bin/node"),
      exec_mode: "fork",
      instances: 1,
      merge_logs: true,
      autorestart: true,
      kill_timeout: 90_000,
      max_memory_restart: "1G",
      exp_backoff_restart_delay: 200,
      stop_exit_codes: [0, 64, 65, 66, 67, 68, 69, 71],
    },
  ],
};
