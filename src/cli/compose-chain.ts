import { type CommitOutlook, readCommitOutlook } from "../adapters/chain/commit-outlook.ts";
import { type ChainConnection, connectChain } from "../adapters/chain/connection.ts";
import { type ConsensusRequest, readConsensus } from "../adapters/chain/consensus-state.ts";
import { chainReader } from "../adapters/chain/reader.ts";
import { loadConfig } from "../adapters/system/config.ts";
import { openTelemetry } from "../adapters/system/telemetry.ts";
import type { ConsensusState } from "../core/chain/yuma-state.ts";
import type { Config } from "../core/model/config.ts";
import { type Fault, isFault } from "../core/model/fault.ts";
import type { ChainReader } from "../ports/chain.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { type CommonOptions, levelOf, overridesOf } from "./options.ts";
import { faultError } from "./output.ts";

/** For commands that only read the chain: neither wallet nor Chutes key nor journal is needed. */
export interface ChainComposition extends AsyncDisposable {
  readonly config: Config;
  readonly chain: ChainReader;
  /** Schedule, and the round of a commit made now. */
  outlook(signal: AbortSignal): Promise<CommitOutlook | Fault>;
  /** What an epoch is decided by, for previews. */
  consensus(request: ConsensusRequest, signal: AbortSignal): Promise<ConsensusState | Fault>;
}

/** @throws ValidatorError for a configuration that cannot be used, a node that cannot be reached, a foreign chain. */
export async function composeChain(options: CommonOptions, signal: AbortSignal): Promise<ChainComposition> {
  const config = loadConfig({ file: options.config, env: process.env, overrides: overridesOf(options) });
  const telemetry = openTelemetry({ level: levelOf(options), json: options.json === true });
  const connection = await connect(config, telemetry, signal);
  return {
    config,
    chain: chainReader(connection),
    outlook: (ending) => readCommitOutlook(connection, config, ending),
    consensus: (request, ending) => readConsensus(connection, request, ending),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

/** A node that cannot be reached ends the command. */
export async function connect(config: Config, telemetry: Telemetry, signal: AbortSignal): Promise<ChainConnection> {
  const { endpoints, archiveEndpoints, genesis: expectedGenesis, requestsPerMinute } = config.network;
  const nodes = { endpoints, archiveEndpoints, expectedGenesis, requestsPerMinute };
  const connection = await connectChain({ ...nodes, signal, telemetry });
  if (isFault(connection)) throw faultError(connection);
  return connection;
}
