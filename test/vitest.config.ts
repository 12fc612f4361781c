import type { ViteUserConfig } from "vitest/config";

/** Time zone and language are odd on purpose: nothing that reaches a weight may depend on them. */
const config: ViteUserConfig = {
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    env: { TZ: "Pacific/Chatham", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" },
    setupFiles: ["test/support/no-network.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
};

export default config;
