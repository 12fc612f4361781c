import { type ChainConnection, connectChain } from "../adapters/chain/connection.ts";
import { chainReader } from "../adapters/chain/reader.ts";
import { loadConfig } from "../adapters/system/config.ts";
import { openTelemetry } from "../adapters/system/telemetry.ts";
import type { Config } from "../core/model/config.ts";
import { isFault } from "../core/model/fault.ts";
import type { ChainReader } from "../ports/chain.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { type CommonOptions, levelOf, overridesOf } from "./options.ts";
import { faultError } from "./output.ts";

/** For commands that only read the chain: neither wallet nor Chutes key nor journal is needed. */
export interface ChainComposition extends AsyncDisposable {
  readonly config: Config;
  readonly chain: ChainReader;
}

/** @throws ValidatorError for a configuration that cannot be used, a node that cannot be reached, a foreign chain. */
export async function composeChain(options: CommonOptions, signal: AbortSignal): Promise<ChainComposition> {
  const config = loadConfig({ file: options.config, env: process.env, overrides: overridesOf(options) });
  const telemetry = openTelemetry({ level: levelOf(options), json: options.json === true });
  const connection = await connect(config, telemetry, signal);
  return {
    config,
    chain: chainReader(connection),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

/** A node that cannot be reached ends the command. */
export async function connect(config: Config, telemetry: Telemetry, signal: AbortSignal): Promise<ChainConnection> {
  const { endpoint, genesis } = config.network;
  const connection = await connectChain({ endpoint, expectedGenesis: genesis, signal, telemetry });
  if (isFault(connection)) throw faultError(connection);
  return connection;
}
