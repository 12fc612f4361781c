import { once } from "node:events";
import net, { type AddressInfo } from "node:net";

/** A wire to a node that can be made to swallow everything, as a dead host does: the link stays open, nothing arrives, no FIN. */
export interface Relay extends AsyncDisposable {
  readonly url: string;
  /** From now on nothing comes through, on old links and new ones. */
  swallow(): void;
  /** Cuts all links and refuses new ones until `mend`. */
  cut(): void;
  mend(): void;
  readonly links: number;
}

export async function relayTo(url: string): Promise<Relay> {
  const { hostname, port } = new URL(url);
  const open = new Set<net.Socket>();
  let mode: "through" | "swallow" | "cut" = "through";
  let links = 0;
  const server = net.createServer((client) => {
    links += 1;
    open.add(client);
    client.on("error", () => undefined);
    if (mode === "cut") return client.destroy();
    const upstream = net.connect(Number(port), hostname);
    open.add(upstream);
    upstream.on("error", () => client.destroy());
    const pass = (from: net.Socket, to: net.Socket): void => {
      from.on("data", (bytes) => {
        if (mode === "through") to.write(bytes);
      });
      from.on("close", () => {
        if (mode !== "swallow") to.destroy();
      });
    };
    pass(client, upstream);
    pass(upstream, client);
    return client;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const drop = (): void => {
    for (const socket of open) socket.destroy();
    open.clear();
  };
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get links(): number {
      return links;
    },
    swallow: () => {
      mode = "swallow";
    },
    cut: () => {
      mode = "cut";
      drop();
    },
    mend: () => {
      mode = "through";
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      drop();
      await once(server, "close");
    },
  };
}
