import { type Fault, ValidatorError } from "../../core/model/fault.ts";

/** The node cannot be reached, does not answer in time, or answers what nobody can read. */
export class LinkError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "LinkError";
  }
}

/** The node's gateway asks to be left alone for a while. That is its right, so nothing else is tried in its place. */
export class PolicyError extends LinkError {
  constructor(message: string) {
    super(message);
    this.name = "PolicyError";
  }
}

/** Neither the node nor an archive has what was asked for. */
export class ArchiveError extends LinkError {
  constructor(message: string, cause: unknown) {
    super(message, cause);
    this.name = "ArchiveError";
  }
}

export function restingFor(ms: number): PolicyError {
  return new PolicyError(`The gateway of the chain node wants to be left alone for another ${Math.ceil(ms / 1000)} s.`);
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

/** Does the work; misfortune becomes a Fault. Rejects on abort and for errors that are ours. */
export async function orFault<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | Fault> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    if (isMisfortune(error)) return chainFault(error);
    throw error;
  }
}

/** What nodes that are no archive answer for old state (chain.md §9). */
export function isDiscarded(error: unknown): boolean {
  return error instanceof RpcError && /State already discarded|unknown Block/i.test(error.message + error.data);
}

export function chainFault(error: LinkError | RpcError): Fault {
  if (error instanceof ArchiveError) return unreachable(error.message, OTHER_ARCHIVE);
  if (error instanceof PolicyError) return unreachable(error.message, OWN_NODE);
  if (error instanceof LinkError)
    return unreachable(error.message, "Check the endpoint and the network, or name another endpoint.");
  if (isDiscarded(error)) {
    return unreachable("The node has already discarded the state of that block.", AN_ARCHIVE);
  }
  return unreachable(
    `The node refused a read with code ${error.code}.`,
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
