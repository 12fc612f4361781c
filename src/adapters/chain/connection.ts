import { type Fault, ValidatorError } from "../../core/model/fault.ts";
import type { Hex } from "../../core/model/ids.ts";
import type { ChainIdentity } from "../../ports/chain.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { LinkError, orFault, unsupportedRuntime } from "./chain-fault.ts";
import { abortable } from "./deadline.ts";
import { FinalizedHeads } from "./finalized-heads.ts";
import { newApi, type PolkadotApi } from "./polkadot.ts";
import { quietPolkadot } from "./polkadot-log.ts";
import { providerOver } from "./provider.ts";
import { RpcSocket } from "./rpc-socket.ts";

export interface ConnectOptions {
  /** `ws://` or `wss://`. */
  readonly endpoint: string;
  /** The only genesis hash that is accepted; null accepts any. */
  readonly expectedGenesis: Hex | null;
  readonly signal: AbortSignal;
  readonly telemetry: Telemetry;
  /** Deadline of one request in milliseconds, 20,000 unless told. */
  readonly requestMs?: number;
}

/** A link to one node of one chain; disposing of it closes the link. */
export interface ChainConnection extends AsyncDisposable {
  readonly identity: ChainIdentity;
  readonly api: PolkadotApi;
  readonly socket: RpcSocket;
  readonly heads: FinalizedHeads;
  readonly telemetry: Telemetry;
  /** One request; rejects with LinkError or RpcError, or with the signal's reason. */
  request(method: string, params: readonly unknown[], signal: AbortSignal): Promise<unknown>;
}

/** The public networks (chain.md §0.1). Whatever they call themselves, they are not local. */
const PUBLIC_GENESIS: ReadonlyMap<string, string> = new Map([
  ["0x2f0555cc76fc2840a25a6ea3b9637146806f1f44b090c175ffde2a7e5ab36c03", "finney"],
  ["0x8f9cf856bf558a14440e75569c9e58594757048d7b3a84b5d25f6bd978263105", "test"],
]);
const LOCAL_NAME = /localnet|local|development/i;
const REQUEST_MS = 20_000;

/**
 * Connects, checks the genesis hash, loads the runtime's tables.
 * @throws ValidatorError `endpoint-invalid`, `wrong-genesis` (exit configuration), `runtime-unsupported` (exit runtime).
 */
export function connectChain(options: ConnectOptions): Promise<ChainConnection | Fault> {
  if (!/^wss?:\/\/[^\s/]/.test(options.endpoint)) {
    throw new ValidatorError("The chain endpoint is not a WebSocket address.", {
      exit: "configuration",
      code: "endpoint-invalid",
      blame: "validator",
      remedy: "Give finney, test, local or an address that begins with ws:// or wss://.",
    });
  }
  return orFault(() => open(options), options.signal);
}

async function open(options: ConnectOptions): Promise<ChainConnection> {
  const { signal, telemetry } = options;
  quietPolkadot(telemetry);
  const socket = new RpcSocket({ endpoint: options.endpoint, requestMs: options.requestMs ?? REQUEST_MS });
  try {
    await abortable(socket.open(), signal);
    const genesis = await abortable(socket.request("chain_getBlockHash", [0]), signal);
    requireGenesis(genesis, options.expectedGenesis);
    const api = await abortable(readyApi(socket), signal);
    const request: ChainConnection["request"] = (method, params, abort) =>
      abortable(socket.request(method, params), abort);
    const heads = new FinalizedHeads(socket, request);
    await abortable(heads.start(), signal);
    return {
      identity: identityOf(api),
      api,
      socket,
      heads,
      telemetry,
      request,
      [Symbol.asyncDispose]: async () => {
        await api.disconnect();
        socket.close();
      },
    };
  } catch (error) {
    socket.close();
    throw error;
  }
}

function requireGenesis(found: unknown, expected: Hex | null): void {
  if (typeof found !== "string") throw new LinkError("The chain node does not say which chain it serves.");
  if (expected === null || found === expected) return;
  throw new ValidatorError(`The node serves the chain ${named(found)}, but ${named(expected)} is configured.`, {
    exit: "configuration",
    code: "wrong-genesis",
    blame: "validator",
    remedy: "Correct the network or the endpoint; on a chain of your own, set its genesis hash in the configuration.",
  });
}

function named(genesis: string): string {
  const name = PUBLIC_GENESIS.get(genesis);
  return name === undefined ? genesis : `${genesis} (${name})`;
}

async function readyApi(socket: RpcSocket): Promise<PolkadotApi> {
  const api = newApi(providerOver(socket));
  try {
    await api.isReadyOrError;
  } catch (error) {
    throw new LinkError("The chain node does not hand out the runtime's tables.", error);
  }
  if (api.call["subnetInfoRuntimeApi"]?.["getSelectiveMetagraph"] === undefined) {
    await api.disconnect();
    throw unsupportedRuntime(
      "metagraph call (SubnetInfoRuntimeApi.get_selective_metagraph in its version 15 metadata)",
    );
  }
  if (api.query["subtensorModule"]?.["subnetEpochIndex"] === undefined) {
    const { specVersion } = api.runtimeVersion;
    await api.disconnect();
    throw unsupportedRuntime(
      `epochs kept in its state (SubtensorModule.SubnetEpochIndex; its version ${specVersion.toString()} counts them in the old way)`,
    );
  }
  return api;
}

function identityOf(api: PolkadotApi): ChainIdentity {
  const genesis = api.genesisHash.toHex();
  const chain = api.runtimeChain.toString().slice(0, 64);
  return {
    genesis,
    chain,
    specName: api.runtimeVersion.specName.toString(),
    specVersion: api.runtimeVersion.specVersion.toNumber(),
    local: !PUBLIC_GENESIS.has(genesis) && LOCAL_NAME.test(chain),
  };
}
