import { request } from "node:http";
import { type SimChutes, startChutes } from "../../../src/localnet/chutes/server.ts";
import { addressOf, cryptoReady, type KeyPair, keyPairFromSeed, sign } from "../../../src/localnet/chutes/sr25519.ts";
import { localSeed, makePopulation, type Population } from "../../../src/localnet/population.ts";

/** One answer over a real socket; `complete` is false when the connection was cut before the end. */
export interface Heard {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly complete: boolean;
}

export interface Call {
  readonly path: string;
  readonly method?: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Rejects when the connection ends without a response. */
export function call(base: string, { path, method = "GET", host, headers = {}, body }: Call): Promise<Heard> {
  const url = new URL(path, base);
  const { promise, resolve, reject } = Promise.withResolvers<Heard>();
  const all = { ...headers, ...(host === undefined ? {} : { host }) };
  const client = request({ host: url.hostname, port: url.port, path: url.pathname + url.search, method, headers: all });
  client.on("error", reject);
  client.on("response", (response) => {
    const parts: Buffer[] = [];
    const done = (complete: boolean): void =>
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: Buffer.concat(parts).toString("utf8"),
        complete,
      });
    response.on("data", (part: Buffer) => parts.push(part));
    response.on("end", () => done(true));
    response.on("error", () => done(false));
  });
  client.end(body);
  return promise;
}

export const NOW = 1_760_000_000_000;

export interface World extends AsyncDisposable {
  readonly chutes: SimChutes;
  readonly population: Population;
  readonly validator: { readonly pair: KeyPair; readonly hotkey: string };
  readonly key: Readonly<Record<string, string>>;
  /** Moves the platform's clock. */
  setNow(ms: number): void;
}

/** A platform of its own for a test, without latencies and with a clock that stands still. */
export async function startWorld(seed = 1, miners = 16): Promise<World> {
  await cryptoReady();
  const pair = keyPairFromSeed(new Uint8Array(32).fill(7));
  const hotkey = addressOf(pair.publicKey);
  const population = makePopulation(localSeed(seed), miners);
  let now = NOW;
  const chutes = await startChutes({
    population,
    validatorHotkey: hotkey,
    netuid: 2,
    mayAsk: (asker) => asker === hotkey,
    port: 0,
    pace: 0,
    now: () => now,
  });
  return {
    chutes,
    population,
    validator: { pair, hotkey },
    key: { authorization: `Bearer ${chutes.apiKey}`, "content-type": "application/json" },
    setNow: (ms) => {
      now = ms;
    },
    [Symbol.asyncDispose]: () => chutes[Symbol.asyncDispose](),
  };
}

export function chat(prompt: string, extra: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ model: "any", messages: [{ role: "user", content: prompt }], ...extra });
}

export function signHex(pair: KeyPair, message: string): string {
  return Buffer.from(sign(pair, new TextEncoder().encode(message))).toString("hex");
}
