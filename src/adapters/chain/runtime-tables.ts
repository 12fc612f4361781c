import type { Hex } from "../../core/model/ids.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { LinkError, PolicyError, unsupportedRuntime } from "./chain-fault.ts";
import { newApi, type PolkadotApi } from "./polkadot.ts";
import { providerOver } from "./provider.ts";
import type { Ask, RpcSocket } from "./rpc-socket.ts";

export interface RuntimeTablesOptions {
  readonly socket: RpcSocket;
  /** For what the library asks, tables of older runtimes too. */
  readonly ask: Ask;
  readonly telemetry: Telemetry;
  /** Milliseconds after which tables that could not be loaded are tried again. */
  readonly retryMs: number;
}

/** A new runtime without runtime calls, where the old one had them: a node in trouble first, the runtime's own will at last. */
const MISTRUST = 5;
/** For the first tables, of a gateway that says when it may be asked again, or has given way to another node. */
const MOST_TRIES = 3;

/**
 * The tables of the chain's present runtime. An upgrade, announced by the node or met behind a new link or in an answer, replaces
 * the instance (D5, remedy B): whoever has read with the old one sees that it is no longer the connection's, and signs nothing.
 */
export class RuntimeTables {
  readonly #options: RuntimeTablesOptions;
  #api: PolkadotApi;
  #announced: number;
  #loading = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #mistrusted = 0;

  private constructor(options: RuntimeTablesOptions, api: PolkadotApi) {
    this.#options = options;
    this.#api = api;
    this.#announced = specOf(api);
  }

  /** @throws LinkError; ValidatorError `runtime-unsupported` for a chain that is no subtensor. */
  static async load(options: RuntimeTablesOptions): Promise<RuntimeTables> {
    let refused: PolicyError | null = null;
    for (let tries = 1; ; tries += 1) {
      try {
        return new RuntimeTables(options, await readyApi(options.ask));
      } catch (error) {
        if (!(error instanceof PolicyError)) throw error;
        refused ??= error;
        // The socket waits as long as the gateway asks, and rejects at once when that is longer than a request may take.
        if (error.waitMs === 0 || tries === MOST_TRIES) throw refused;
      }
    }
  }

  get api(): PolkadotApi {
    return this.#api;
  }

  async follow(): Promise<void> {
    const { socket } = this.#options;
    await socket.subscribe("state_runtimeVersion", "state_subscribeRuntimeVersion", [], (error, version) => {
      if (error === null) this.#announce(version);
    });
  }

  /** A version that was read at some block: an older one may be an older block's, a newer one was missed. */
  saw(version: unknown): void {
    const spec = numberOf(version);
    if (spec !== null && spec > this.#announced) this.#announce(version);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    void this.#api.disconnect();
  }

  #announce(version: unknown): void {
    const spec = numberOf(version);
    if (spec === null) return;
    this.#announced = spec;
    if (spec !== specOf(this.#api)) void this.#replace();
  }

  async #replace(): Promise<void> {
    if (this.#loading || this.#closed) return;
    clearTimeout(this.#timer);
    this.#loading = true;
    const { ask, telemetry } = this.#options;
    const wanted = this.#announced;
    let restMs = 0;
    try {
      const api = await readyApi(ask);
      if (this.#acceptable(api)) this.#swap(api, wanted);
      else await api.disconnect();
    } catch (error) {
      if (error instanceof PolicyError) restMs = error.waitMs;
      telemetry.event("warn", "runtime-tables-failed", { specVersion: this.#announced, reason: this.#reason(error) });
    } finally {
      this.#loading = false;
    }
    if (specOf(this.#api) !== this.#announced) this.#later(restMs);
  }

  #reason(error: unknown): string {
    if (error instanceof LinkError) return error.at(this.#options.socket.endpoint).sentence;
    return error instanceof Error ? error.message : "unknown";
  }

  #acceptable(api: PolkadotApi): boolean {
    if (this.#closed) return false;
    const lost = hasCalls(this.#api) && !hasCalls(api);
    if (!lost || this.#mistrusted >= MISTRUST) return true;
    this.#mistrusted += 1;
    this.#options.telemetry.event("warn", "runtime-calls-missing", { specVersion: specOf(api) });
    return false;
  }

  /** What the node says when asked counts; tables of a version that it has only named would be asked for without end. */
  #swap(api: PolkadotApi, wanted: number): void {
    if (this.#announced === wanted) this.#announced = specOf(api);
    const old = this.#api;
    this.#mistrusted = 0;
    if (specOf(api) === specOf(old)) return void api.disconnect();
    this.#api = api;
    this.#options.telemetry.event("info", "runtime-upgraded", { from: specOf(old), to: specOf(api) });
    void old.disconnect();
  }

  #later(restMs: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#replace(), Math.max(this.#options.retryMs, restMs));
    this.#timer.unref();
  }
}

async function readyApi(ask: Ask): Promise<PolkadotApi> {
  // The library makes an error of its own of what a request ended with, and keeps its words only.
  const refused: PolicyError[] = [];
  const noting: Ask = async (method, params) => {
    try {
      return await ask(method, params);
    } catch (error) {
      if (error instanceof PolicyError) refused.push(error);
      throw error;
    }
  };
  const api = newApi(providerOver(noting));
  try {
    await api.isReadyOrError;
  } catch (error) {
    const [refusal] = refused;
    if (refusal !== undefined) throw refusal;
    throw new LinkError("The chain node does not hand out the runtime's tables.", error);
  }
  if (api.query["subtensorModule"] === undefined) {
    await api.disconnect();
    throw unsupportedRuntime("pallet SubtensorModule");
  }
  return api;
}

/** Hash of a header as announced, by the runtime's own hasher; null for what is no header. */
export function headerHash(api: PolkadotApi, header: unknown): Hex | null {
  try {
    return api.registry.createTypeUnsafe("Header", [header]).hash.toHex();
  } catch {
    // Whoever asks takes the long way, and asks the node.
    return null;
  }
}

function specOf(api: PolkadotApi): number {
  return api.runtimeVersion.specVersion.toNumber();
}

/** The chain's own calls stand in version 15 and later; with an older one the library offers only those it knows itself. */
function hasCalls(api: PolkadotApi): boolean {
  return api.runtimeMetadata.version >= 15;
}

function numberOf(version: unknown): number | null {
  if (typeof version !== "object" || version === null || !("specVersion" in version)) return null;
  const spec = version.specVersion;
  return typeof spec === "number" && Number.isSafeInteger(spec) ? spec : null;
}
