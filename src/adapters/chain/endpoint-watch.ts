import type { Telemetry } from "../../ports/telemetry.ts";
import { asHash, asHeight } from "./answers.ts";
import { isMisfortune } from "./chain-fault.ts";
import { abortable } from "./deadline.ts";
import { type EndpointJudge, MAX_LAG } from "./endpoint-judge.ts";
import { Endpoints, endpointName } from "./endpoints.ts";
import type { FinalizedHeads } from "./finalized-heads.ts";
import { RpcSocket } from "./rpc-socket.ts";

export interface WatchTimes {
  /** Without a new finalized block for so long, another endpoint is looked for: two block times and slack. */
  readonly silenceMs: number;
  /** Deadline of a question that only asks for a sign of life. */
  readonly probeMs: number;
  /** How often another endpoint is compared with, and the preferred one looked at. */
  readonly checkMs: number;
}

export const WATCH_TIMES: WatchTimes = { silenceMs: 24_000, probeMs: 10_000, checkMs: 180_000 };

export interface WatchOptions {
  readonly socket: RpcSocket;
  readonly endpoints: Endpoints;
  readonly judge: EndpointJudge;
  readonly heads: FinalizedHeads;
  readonly telemetry: Telemetry;
  readonly times: WatchTimes;
  readonly signal: AbortSignal;
}

/** The preferred endpoint may be so many blocks behind and is still returned to. */
const RETURN_WITHIN = 2;

/** Health is new finalized blocks, not an open socket (DESIGN §1, promise 9). Rotates, compares and returns. */
export class EndpointWatch {
  readonly #options: WatchOptions;
  #missed = 0;
  #stalled = false;
  #behind = false;
  #turn = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Until the signal aborts. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    const loops = [this.#guarded(() => this.#silence()), this.#guarded(() => this.#checks())];
    await Promise.all(loops).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  /** Misfortune in one round is what the watch is there for; the next one comes. */
  async #guarded(round: () => Promise<void>): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      try {
        await round();
      } catch (error) {
        signal.throwIfAborted();
        if (!isMisfortune(error)) throw error;
        this.#options.telemetry.event("debug", "endpoint-watch-failed", { reason: error.message });
        await pause(Math.min(1_000, this.#options.times.probeMs), signal);
      }
    }
  }

  async #silence(): Promise<void> {
    const { heads, socket, signal, times } = this.#options;
    const before = heads.height;
    await heads.beyond(before, times.silenceMs - times.probeMs, signal);
    if (heads.height > before) return this.#moved();
    if (!socket.isConnected) return pause(Math.min(100, times.probeMs), signal);
    const hash = asHash(await abortable(socket.urgent("chain_getFinalizedHead", [], times.probeMs), signal));
    if (heads.height > before) return this.#moved();
    if (hash !== heads.hashAt(before)) {
      await heads.ask(signal);
      if (heads.height > before) return this.#unannounced();
    }
    await heads.beyond(before, times.probeMs, signal);
    if (heads.height > before) this.#moved();
    else await this.#elsewhere(before);
  }

  #moved(): void {
    this.#missed = 0;
    this.#stalled = false;
  }

  /** The node has new blocks and does not announce them: twice in a row, and its subscriptions are dead. */
  #unannounced(): void {
    this.#missed += 1;
    if (this.#missed < 2) return;
    this.#missed = 0;
    this.#options.socket.abandon("The chain node no longer announces its blocks.");
  }

  /** The node answers but its chain stands still: perhaps only there. */
  async #elsewhere(height: number): Promise<void> {
    const { endpoints, socket, telemetry, times } = this.#options;
    if (!this.#stalled) {
      this.#stalled = true;
      const facts = { endpoint: endpointName(endpoints.current), height, seconds: Math.round(times.silenceMs / 1000) };
      telemetry.event("warn", "no-new-finalized-block", facts);
    }
    for (const endpoint of endpoints.replacements()) {
      const seen = await this.#look(endpoint);
      if (seen !== null && seen.height > height) return socket.moveWhenIdle(endpoint);
    }
  }

  async #checks(): Promise<void> {
    const { judge, signal, times } = this.#options;
    await pause(judge.disagreement === null ? times.checkMs : times.checkMs / 6, signal);
    await this.#finality();
    this.#dropUnheard();
    const endpoint = this.#next();
    if (endpoint === null) return judge.drop(null);
    const seen = await this.#look(endpoint);
    if (seen === null) judge.drop(endpoint);
    else this.#decide(endpoint, seen.height);
  }

  /** While one gateway wants to be left alone others of its kind are not asked either, perhaps for an hour. */
  #dropUnheard(): void {
    const { endpoints, judge } = this.#options;
    const heard = [endpoints.current, ...endpoints.others()];
    for (const url of judge.disputed) if (!heard.includes(url)) judge.drop(url);
  }

  /**
   * Every other time the preferred one or a disputed one, else all in turn: that a dispute is over shows only when it is asked,
   * and a preferred one that never recovers must not be all that is looked at.
   */
  #next(): string | null {
    const { endpoints, judge } = this.#options;
    const others = endpoints.others();
    const first = [...new Set([endpoints.preferred, ...judge.disputed])].filter((url) => others.includes(url));
    this.#turn += 1;
    const round = first.length > 0 ? Math.floor(this.#turn / 2) : this.#turn;
    const from = first.length > 0 && this.#turn % 2 === 1 ? first : others;
    return from[round % Math.max(1, from.length)] ?? null;
  }

  #decide(endpoint: string, height: number): void {
    const { endpoints, heads, judge, socket } = this.#options;
    const lead = height - heads.height;
    judge.noteLag(endpoints.current, lead);
    const better = lead > MAX_LAG || (endpoint === endpoints.preferred && lead >= -RETURN_WITHIN);
    if (better && !judge.disputed.includes(endpoint)) socket.moveWhenIdle(endpoint);
  }

  /** Finality that falls behind: what is read there is old, and a submission may never be final (chain.md §9). */
  async #finality(): Promise<void> {
    const { socket, heads, signal, telemetry } = this.#options;
    const best = asHeight(await abortable(socket.request("chain_getHeader", []), signal));
    const blocks = best === null ? 0 : best - heads.height;
    const behind = heads.height >= 0 && blocks > MAX_LAG;
    if (behind && !this.#behind) telemetry.event("error", "finality-lags", { blocks, finalized: heads.height });
    this.#behind = behind;
  }

  /** Over a link of its own; null when it cannot be asked. */
  async #look(endpoint: string): Promise<{ readonly height: number } | null> {
    const { endpoints, judge, signal, telemetry, times, socket } = this.#options;
    const one = new Endpoints({ urls: [endpoint], isPublic: (url) => endpoints.isPublic(url) });
    const found: { height: number }[] = [];
    const probe = new RpcSocket({
      endpoints: one,
      requestMs: times.probeMs,
      telemetry,
      admit: async (ask) => {
        const counted: typeof ask = (method, params) => {
          endpoints.budgetOf(endpoint).spend();
          return ask(method, params);
        };
        await judge.requireGenesis(counted, endpoint);
        found.push(await judge.look(counted, endpoint, (height) => socket.request("chain_getBlockHash", [height])));
      },
    });
    try {
      await abortable(probe.open(), signal);
    } catch (error) {
      signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : "unknown";
      telemetry.event("debug", "endpoint-not-comparable", { endpoint: endpointName(endpoint), reason });
    } finally {
      probe.close();
    }
    if (one.restMs() > 0) endpoints.rest(endpoint, one.restMs());
    return found[0] ?? null;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await abortable(promise, signal);
  } finally {
    clearTimeout(timer);
  }
}
