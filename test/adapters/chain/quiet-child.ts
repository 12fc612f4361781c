import { SIGNAL, world } from "./world.ts";

/** Connects, loses the node and disconnects: all that makes the library talk. Run by quiet.test.ts, which reads its stdout. */
const here = await world();
const connection = await here.connect({ requestMs: 2_000 });
await here.observe(connection);
await here.node[Symbol.asyncDispose]();
await connection.request("system_health", [], SIGNAL).catch(() => undefined);
await connection[Symbol.asyncDispose]();
process.stdout.write('{"ours":true}\n');
