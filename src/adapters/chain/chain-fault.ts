import { type Fault, ValidatorError } from "../../core/model/fault.ts";

/** The node cannot be reached, does not answer in time, or answers what nobody can read. */
export class LinkError extends Error {
  #endpoint: string | null = null;

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "LinkError";
  }

  /** The message with the endpoint that it is about, where that is known. */
  get sentence(): string {
    return named(this.message, this.#endpoint);
  }

  /** Says which endpoint it is about, by its {@link endpointName}; what was said first holds. */
  at(endpoint: string): this {
    this.#endpoint ??= endpoint;
    return this;
  }
}

/** The node's gateway refuses by its policy. That is its right, so nothing else is tried in its place. */
export class PolicyError extends LinkError {
  /** Milliseconds for which it is left alone, from then on; 0 for a node of our own that named no time. */
  readonly waitMs: number;

  constructor(message: string, waitMs: number) {
    super(message);
    this.name = "PolicyError";
    this.waitMs = waitMs;
  }
}

/** Neither the node nor an archive has what was asked for. */
export class ArchiveError extends LinkError {
  constructor(message: string, cause: unknown) {
    super(message, cause);
    this.name = "ArchiveError";
  }

  /** It names them itself. */
  override at(): this {
    return this;
  }
}

export function restingFor(ms: number): PolicyError {
  const seconds = Math.ceil(ms / 1000);
  return new PolicyError(`The gateway of the chain node wants to be left alone for another ${seconds} s.`, ms);
}

/** `how` as {@link GatewayRefusal} has it. */
export function refusedBy(how: string, waitMs: number): PolicyError {
  const time = waitMs > 0 ? `; it wants to be left alone for ${Math.ceil(waitMs / 1000)} s` : "";
  return new PolicyError(`The gateway of the chain node refuses this traffic (${how})${time}.`, waitMs);
}

function named(sentence: string, endpoint: string | null): string {
  return endpoint === null ? sentence : `${sentence.replace(/\.$/, "")} (endpoint ${endpoint}).`;
}

/** The node answered with a JSON-RPC error. */
export class RpcError extends Error {
  readonly code: number;
  readonly data: string;

  constructor(code: number, message: string, data: string) {
    super(message);
    this.name = "RpcError";
    this.code = code;
    this.data = data;
  }
}

const AN_ARCHIVE = "Use an archive endpoint: name one in archiveEndpoints.";
const OTHER_ARCHIVE = "Check archiveEndpoints, or name a node there that keeps the state of every block of this chain.";
export const OWN_NODE = "Run a node of your own and name it first, or lower chainRequestsPerMinute.";

/** Errors that the world causes; every other one is ours and is thrown on. */
export function isMisfortune(error: unknown): error is LinkError | RpcError {
  return error instanceof LinkError || error instanceof RpcError;
}

/**
 * Does the work; misfortune becomes a Fault. Rejects on abort and for errors that are ours. With `asked`, whose endpoint it is
 * then, the Fault names the endpoint; without, as for what stands in a published record, it names none (DESIGN D17a).
 */
export async function orFault<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  asked?: { readonly endpoint: string },
): Promise<T | Fault> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    if (isMisfortune(error)) return chainFault(error, asked?.endpoint ?? null);
    throw error;
  }
}

/** What nodes that are no archive answer for old state (chain.md §9). */
export function isDiscarded(error: unknown): boolean {
  return error instanceof RpcError && /State already discarded|unknown Block/i.test(error.message + error.data);
}

function chainFault(error: LinkError | RpcError, endpoint: string | null): Fault {
  if (error instanceof RpcError) return refusedRead(error, endpoint);
  const message = endpoint === null ? error.message : error.at(endpoint).sentence;
  if (error instanceof ArchiveError) return unreachable(message, OTHER_ARCHIVE);
  if (error instanceof PolicyError) return unreachable(message, OWN_NODE);
  return unreachable(message, "Check the endpoint and the network, or name another endpoint.");
}

function refusedRead(error: RpcError, endpoint: string | null): Fault {
  if (isDiscarded(error)) {
    return unreachable(named("The node has already discarded the state of that block.", endpoint), AN_ARCHIVE);
  }
  return unreachable(
    named(`The node refused a read with code ${error.code}.`, endpoint),
    "Check that the endpoint allows this use and is not over its limits.",
  );
}

export function unreachable(message: string, remedy: string): Fault {
  return { code: "chain-unreachable", blame: "chain", retryable: true, message, remedy };
}

/** What the chain's runtime must have and has not: no Fault, since waiting does not help. */
export function unsupportedRuntime(what: string): ValidatorError {
  return new ValidatorError(`The chain's runtime has no ${what}, which this version needs.`, {
    exit: "runtime",
    code: "runtime-unsupported",
    blame: "validator",
    remedy:
      "Install a version of Touchstone for this runtime, or check that the endpoint is a subtensor node of today.",
  });
}
