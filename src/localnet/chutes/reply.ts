/** An answer before it is written to a socket; streams are the blocks of one event stream, in order. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body:
    | { readonly kind: "whole"; readonly text: string }
    | { readonly kind: "stream"; readonly blocks: readonly string[] };
  /** Milliseconds until the first byte: what the model takes to answer. */
  readonly latencyMs: number;
  /** Set when a model has answered: which request was bought and what the caller pays for it. */
  readonly bought: { readonly key: string; readonly microUsd: number } | null;
}

export function jsonReply(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return whole(status, JSON.stringify(value), { "content-type": "application/json", ...headers });
}

export function plainReply(status: number, type: string, text: string): Reply {
  return whole(status, text, { "content-type": type });
}

export function streamReply(blocks: readonly string[], headers: Readonly<Record<string, string>> = {}): Reply {
  return {
    status: 200,
    headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache", ...headers },
    body: { kind: "stream", blocks },
    latencyMs: 0,
    bought: null,
  };
}

function whole(status: number, text: string, headers: Readonly<Record<string, string>>): Reply {
  return { status, headers, body: { kind: "whole", text }, latencyMs: 0, bought: null };
}
