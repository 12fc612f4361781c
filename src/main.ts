#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { join } from "node:path";

// Compiled modules are kept beside the packages they come from, with the same trust: never in a shared temporary folder. Where
// that cannot be written, every start compiles anew. It must be on before the first module of ours is loaded.
enableCompileCache(join(import.meta.dirname, "../node_modules/.cache/touchstone"));
const { abandon, main } = await import("./cli/program.ts");

// A reader that has seen enough (`| head`) closes the pipe; that is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});
process.on("uncaughtException", (error) => process.exit(abandon(process.argv.slice(2), error)));

const code = await main(process.argv.slice(2));
// An open channel to pm2, or a connection of a library, must not keep a finished process alive: out with the words, and end.
process.exitCode = code;
process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
