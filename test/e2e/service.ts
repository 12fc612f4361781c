import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import type { OnceShape } from "../../src/cli/machine-types.ts";
import { type Finished, type LocalnetProcess, type Running, start } from "./processes.ts";

type Event = Readonly<Record<string, unknown>> & { readonly event: string };

/** A long-running command: its documents and events as they come. */
export class Service<T extends OnceShape = OnceShape> {
  readonly documents: T[] = [];
  readonly events: Event[] = [];
  readonly #running: Running;

  constructor(args: readonly string[], home: string) {
    this.#running = start([...args, "--json"], { HOME: home });
    const { stdout, stderr } = this.#running.child;
    if (stdout === null || stderr === null) throw new Error("the service has no streams");
    createInterface({ input: stdout }).on("line", (line) => this.documents.push(JSON.parse(line) as T));
    createInterface({ input: stderr }).on("line", (line) => {
      if (line.startsWith("{")) this.events.push(JSON.parse(line) as Event);
    });
  }

  static run(net: LocalnetProcess, config: string = net.ready.config): Service {
    return new Service(["run", "--config", config], net.dir);
  }

  /** Resolves with the first event of that name of which the condition holds. */
  async event(name: string, holds: (event: Event) => boolean = () => true): Promise<Event> {
    return this.#until(() => this.events.find((event) => event.event === name && holds(event)));
  }

  async sealed(count: number): Promise<readonly T[]> {
    return this.#until(() => (this.documents.length >= count ? this.documents : undefined));
  }

  kill(): Promise<Finished> {
    return this.end("SIGKILL");
  }

  end(signal: NodeJS.Signals): Promise<Finished> {
    this.#running.child.kill(signal);
    return this.#running.finished;
  }

  async #until<V>(look: () => V | undefined): Promise<V> {
    const { child, finished } = this.#running;
    for (;;) {
      const value = look();
      if (value !== undefined) return value;
      if (child.exitCode !== null || child.signalCode !== null) throw new Error((await finished).stderr);
      const { stdout, stderr } = child;
      if (stdout === null || stderr === null) throw new Error("the service has no streams");
      const gone = new AbortController();
      await Promise.race([
        once(stdout, "data", { signal: gone.signal }),
        once(stderr, "data", { signal: gone.signal }),
        once(child, "exit", { signal: gone.signal }),
      ]).finally(() => gone.abort());
      await new Promise(setImmediate);
    }
  }
}

/** Bundles in a data folder, whole or on the way. */
export function bundleFiles(folder: string): readonly string[] {
  return readdirSync(`${folder}/bundles`);
}
