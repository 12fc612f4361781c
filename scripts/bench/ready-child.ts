import { enableCompileCache } from "node:module";
import { join } from "node:path";

// As src/main.ts does before it loads anything.
enableCompileCache(join(import.meta.dirname, "../../node_modules/.cache/touchstone"));
const { compose } = await import("../../src/cli/compose.ts");

/** Start to ready: everything composed, the chain connected, a finalized block seen. */
const signal = new AbortController().signal;
await using composition = await compose("once", { config: process.argv[2] ?? "", quiet: true }, signal);
const heads = await composition.ports.chain.finalized(signal);
if (!("finalized" in heads)) throw new Error(heads.message);
process.stdout.write(`${JSON.stringify({ finalized: heads.finalized })}\n`);
