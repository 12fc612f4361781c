import { PUBLIC_NETWORKS } from "../../core/chain/networks.ts";
import { type Fault, ValidatorError } from "../../core/model/fault.ts";
import type { Hex } from "../../core/model/ids.ts";
import type { ChainIdentity } from "../../ports/chain.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { Archive } from "./archive.ts";
import { orFault } from "./chain-fault.ts";
import { abortable } from "./deadline.ts";
import { EndpointJudge } from "./endpoint-judge.ts";
import { EndpointWatch, WATCH_TIMES, type WatchTimes } from "./endpoint-watch.ts";
import { Endpoints, endpointName } from "./endpoints.ts";
import { FinalizedHeads } from "./finalized-heads.ts";
import type { PolkadotApi } from "./polkadot.ts";
import { quietPolkadot } from "./polkadot-log.ts";
import { type Ask, RpcSocket } from "./rpc-socket.ts";
import { headerHash, RuntimeTables } from "./runtime-tables.ts";

export interface ConnectOptions {
  /** `ws://` or `wss://` addresses in the order of preference, at least one. */
  readonly endpoints: readonly string[];
  /** Nodes that are asked for the state of a block that those have discarded, and for nothing else; none unless told. */
  readonly archiveEndpoints?: readonly string[];
  /** The only genesis hash that is accepted; null accepts that of the first node. */
  readonly expectedGenesis: Hex | null;
  readonly signal: AbortSignal;
  readonly telemetry: Telemetry;
  /** Deadline of one request in milliseconds, 20,000 unless told. */
  readonly requestMs?: number;
  /** Requests a minute to any one endpoint; null or absent for what each is known to bear. */
  readonly requestsPerMinute?: number | null;
  readonly times?: Partial<WatchTimes>;
  /** Milliseconds after which a new runtime's tables that could not be loaded are tried again. */
  readonly tablesRetryMs?: number;
  /** Milliseconds after the last answer after which the link to an archive is closed. */
  readonly archiveIdleMs?: number;
  /** Whether an endpoint may be somebody else's, whose policy is no trouble to work around. */
  readonly isPublic?: (endpoint: string) => boolean;
}

/** A link to one chain, over one of its nodes at a time; disposing of it closes the link. */
export interface ChainConnection extends AsyncDisposable {
  /** With the runtime's present version. */
  readonly identity: ChainIdentity;
  /** Tables of the present runtime; another object after an upgrade. */
  readonly api: PolkadotApi;
  readonly socket: RpcSocket;
  /** The one in use, by its name in sentences: without what may be secret of its address. */
  readonly endpoint: string;
  readonly heads: FinalizedHeads;
  readonly telemetry: Telemetry;
  /** What two nodes call final at one height, when that differs: nothing may be signed meanwhile. */
  readonly disagreement: string | null;
  /** One request; rejects with LinkError or RpcError, or with the signal's reason. */
  request(method: string, params: readonly unknown[], signal: AbortSignal): Promise<unknown>;
}

const LOCAL_NAME = /localnet|local|development/i;
const REQUEST_MS = 20_000;
const TABLES_RETRY_MS = 2_000;

/**
 * Connects to the first endpoint that answers, checks the genesis hash, loads the runtime's tables; then watches the endpoints.
 * @throws ValidatorError `endpoint-invalid`, `wrong-genesis` (exit configuration), `runtime-unsupported` (exit runtime).
 */
export function connectChain(options: ConnectOptions): Promise<ChainConnection | Fault> {
  const { endpoints, archiveEndpoints = [] } = options;
  if (endpoints.length === 0 || ![...endpoints, ...archiveEndpoints].every(isAddress)) {
    throw new ValidatorError("The chain endpoint is not a WebSocket address.", {
      exit: "configuration",
      code: "endpoint-invalid",
      blame: "validator",
      remedy: "Give finney, test, local or an address that begins with ws:// or wss://.",
    });
  }
  const { requestsPerMinute = null, isPublic } = options;
  const nodes = new Endpoints({ urls: endpoints, requestsPerMinute, ...(isPublic === undefined ? {} : { isPublic }) });
  const asked = {
    get endpoint(): string {
      return endpointName(nodes.current);
    },
  };
  return orFault(() => open(options, nodes), options.signal, asked);
}

function isAddress(endpoint: string): boolean {
  return /^wss?:\/\/[^\s/#]+[^\s#]*$/.test(endpoint) && URL.canParse(endpoint);
}

async function open(options: ConnectOptions, endpoints: Endpoints): Promise<ChainConnection> {
  const { signal, telemetry } = options;
  quietPolkadot(telemetry);
  const judge = new EndpointJudge({ endpoints, expectedGenesis: options.expectedGenesis, telemetry });
  const requestMs = options.requestMs ?? REQUEST_MS;
  const socket = new RpcSocket({
    endpoints,
    telemetry,
    requestMs,
    admit: (ask, endpoint) => judge.admit(ask, endpoint),
  });
  const archive = new Archive({ ...options, requestMs, endpoints, genesis: () => judge.genesis });
  const stop = new AbortController();
  try {
    await abortable(socket.open(), signal);
    const ask = archive.behind((method, params) => socket.request(method, params));
    const retryMs = options.tablesRetryMs ?? TABLES_RETRY_MS;
    const tables = await abortable(RuntimeTables.load({ socket, ask, telemetry, retryMs }), signal);
    stop.signal.addEventListener("abort", () => tables.close());
    const connection = connectionOver({ socket, judge, tables, archive, telemetry, stop });
    await abortable(Promise.all([connection.heads.start(signal), tables.follow()]), signal);
    judge.remember(connection.heads);
    const times = { ...WATCH_TIMES, ...options.times };
    const watch = { socket, endpoints, judge, telemetry, times, heads: connection.heads, signal: stop.signal };
    void new EndpointWatch(watch).run();
    return connection;
  } catch (error) {
    stop.abort();
    archive.close();
    socket.close();
    throw error;
  }
}

interface Parts {
  readonly socket: RpcSocket;
  readonly judge: EndpointJudge;
  readonly tables: RuntimeTables;
  readonly archive: Archive;
  readonly telemetry: Telemetry;
  readonly stop: AbortController;
}

function connectionOver({ socket, judge, tables, archive, telemetry, stop }: Parts): ChainConnection {
  const node: Ask = async (method, params) => {
    const answer = await socket.request(method, params);
    // An upgrade of which the announcement was lost shows here first.
    if (method === "state_getRuntimeVersion") tables.saw(answer);
    return answer;
  };
  const ask = archive.behind(node);
  const request: ChainConnection["request"] = async (method, params, signal) => {
    signal.throwIfAborted();
    return abortable(ask(method, params), signal);
  };
  const heads = new FinalizedHeads({ socket, request, hashOf: (header) => headerHash(tables.api, header) });
  return {
    get identity(): ChainIdentity {
      return identityOf(tables.api);
    },
    get api(): PolkadotApi {
      return tables.api;
    },
    get disagreement(): string | null {
      return judge.disagreement;
    },
    get endpoint(): string {
      return socket.endpoint;
    },
    socket,
    heads,
    telemetry,
    request,
    [Symbol.asyncDispose]: () => {
      stop.abort();
      archive.close();
      socket.close();
      return Promise.resolve();
    },
  };
}

function identityOf(api: PolkadotApi): ChainIdentity {
  const genesis = api.genesisHash.toHex();
  const chain = api.runtimeChain.toString().slice(0, 64);
  return {
    genesis,
    chain,
    specName: api.runtimeVersion.specName.toString(),
    specVersion: api.runtimeVersion.specVersion.toNumber(),
    local: !PUBLIC_NETWORKS.has(genesis) && LOCAL_NAME.test(chain),
  };
}
