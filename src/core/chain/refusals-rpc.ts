import type { NamedRefusal } from "./refusals-pool.ts";
import { rebuild, retry, stop, wait } from "./refusals-shape.ts";

/** What JSON-RPC codes say by themselves: of a node's pool, of JSON-RPC itself, and of a gateway before the node. */

const POLICY = wait(
  "The gateway refuses by its own policy: this address has used up what it may ask for.",
  "Wait as long as its Retry-After says and do not move to the next public endpoint; a node of your own has no such limit.",
);
const NOT_ALLOWED = stop(
  "The gateway does not let this address in.",
  "Ask its operator, or use another endpoint that you may use; a node of your own has no such limit.",
);
const ANOTHER_NODE = stop(
  "The node does not understand the request, or does not offer it.",
  "Check that the endpoint is a subtensor node of today that offers all its methods.",
);

export const RPC_CODES: ReadonlyMap<number, NamedRefusal> = new Map<number, NamedRefusal>([
  [
    1002,
    {
      name: "VerificationError",
      refusal: rebuild(
        "The node failed while it checked the extrinsic.",
        "The weights are signed again at the current head.",
      ),
    },
  ],
  [
    1010,
    {
      name: "InvalidTransaction",
      refusal: rebuild(
        "The node's pool takes the extrinsic for invalid; the text beside the code says why.",
        "The chain is read again and the weights signed anew; explain the text, such as Stale or Custom error: 6, for more.",
      ),
    },
  ],
  [
    1011,
    {
      name: "UnknownTransaction",
      refusal: retry(
        "The node cannot tell yet whether the extrinsic is valid.",
        "It is sent again; try another endpoint if it repeats.",
      ),
    },
  ],
  [
    1012,
    {
      name: "TemporarilyBanned",
      refusal: rebuild(
        "The node has banned this extrinsic for a while.",
        "Its era is looked through first, since a pool also bans what it has seen in a block; then new weights are signed.",
      ),
    },
  ],
  [
    1013,
    {
      name: "AlreadyImported",
      refusal: wait(
        "The node has this very extrinsic already.",
        "It counts as sent: its block is waited for, and nothing else is signed meanwhile.",
      ),
    },
  ],
  [
    1014,
    {
      name: "TooLowPriority",
      refusal: wait(
        "Another extrinsic of this hotkey waits with the same nonce.",
        "It is sent again when that one is through; if that repeats, look for a second process with the same hotkey.",
      ),
    },
  ],
  [
    1015,
    {
      name: "CycleDetected",
      refusal: rebuild("The node's pool found extrinsics that wait for each other.", "The weights are signed anew."),
    },
  ],
  [
    1016,
    {
      name: "ImmediatelyDropped",
      refusal: retry("The node's transaction pool is full.", "It is sent again later, or use another endpoint."),
    },
  ],
  [
    1018,
    {
      name: "Unactionable",
      refusal: stop(
        "The node will not pass the extrinsic on.",
        "Use an endpoint that takes extrinsics, not one for reading only.",
      ),
    },
  ],
  [
    4003,
    {
      name: "StateDiscarded",
      refusal: stop(
        "The node has already discarded the state of that block.",
        "Use an archive endpoint: name one in archiveEndpoints.",
      ),
    },
  ],
  [-32_004, { name: "StorageWorkLimit", refusal: POLICY }],
  [-32_005, { name: "PolicyLimit", refusal: POLICY }],
  [
    -32_000,
    {
      name: "ServerError",
      refusal: retry(
        "The node failed with an error that has no code of its own.",
        "It is tried again; if the text says that state was discarded, name an archive endpoint in archiveEndpoints.",
      ),
    },
  ],
  [
    -32_603,
    {
      name: "InternalError",
      refusal: retry("The node failed inside.", "It is tried again; try another endpoint if it repeats."),
    },
  ],
  [-32_700, { name: "ParseError", refusal: ANOTHER_NODE }],
  [-32_600, { name: "InvalidRequest", refusal: ANOTHER_NODE }],
  [-32_601, { name: "MethodNotFound", refusal: ANOTHER_NODE }],
  [-32_602, { name: "InvalidParams", refusal: ANOTHER_NODE }],
]);

/** Statuses of the handshake and codes of a closed connection (chain-newest.md §5). */
export const CONNECTION_CODES: ReadonlyMap<number, NamedRefusal> = new Map<number, NamedRefusal>([
  [403, { name: "Forbidden", refusal: NOT_ALLOWED }],
  [429, { name: "TooManyRequests", refusal: POLICY }],
  [1008, { name: "PolicyViolation", refusal: POLICY }],
  [
    1006,
    {
      name: "AbnormalClosure",
      refusal: retry(
        "The connection to the chain node broke without a word.",
        "It is opened again, later each time; check the endpoint and the network if it repeats.",
      ),
    },
  ],
]);
