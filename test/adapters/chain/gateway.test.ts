import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { connectChain } from "../../../src/adapters/chain/connection.ts";
import { weightSubmitter } from "../../../src/adapters/chain/submitter.ts";
import { isFault } from "../../../src/core/model/fault.ts";
import { SILENT } from "../../../src/ports/telemetry.ts";
import { planFor, SIGNAL, world } from "./world.ts";

function text(data: RawData): string {
  return (data as Buffer).toString("utf8");
}

/** A gateway before a node: hands every request on, and answers each submission itself with an error of the given code. */
async function gateway(node: string, code: number): Promise<AsyncDisposable & { readonly url: string }> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", (client) => {
    const upstream = new WebSocket(node);
    const submissions = new Set<unknown>();
    const open = once(upstream, "open");
    client.on("message", (data) => {
      const { id, method } = JSON.parse(text(data)) as { id: unknown; method: string };
      if (method === "author_submitAndWatchExtrinsic") submissions.add(id);
      void open.then(() => upstream.send(text(data)));
    });
    upstream.on("message", (data) => {
      const { id } = JSON.parse(text(data)) as { id?: unknown };
      const error = { jsonrpc: "2.0", id, error: { code, message: "upstream request timed out" } };
      client.send(submissions.has(id) ? JSON.stringify(error) : text(data));
    });
    client.on("close", () => upstream.close());
  });
  await once(server, "listening");
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      for (const client of server.clients) client.terminate();
      server.close();
      await once(server, "close");
    },
  };
}

test.each([-32_603, -32_000, -32_005, 0])(
  "weights that a gateway handed on and answered with error %d are looked for, not given up",
  async (code) => {
    await using here = await world();
    await using before = await gateway(here.node.url, code);
    const connection = await connectChain({
      endpoints: [before.url],
      expectedGenesis: here.node.genesis,
      signal: SIGNAL,
      telemetry: SILENT,
    });
    if (isFault(connection)) throw new Error(connection.message);
    await using _ = connection;
    const outcome = await weightSubmitter(connection, here.signer).submit(
      planFor(await here.observe(connection)),
      async (step) => {
        if (step.state === "broadcast") await here.node.advance(8);
      },
      SIGNAL,
    );
    expect(outcome).toMatchObject({ kind: "direct", state: "reflected" });
    expect(here.node.ledger().extrinsics).toHaveLength(1);
  },
);
