import { objectOrNull, parseObject } from "./completion.ts";
import type { BodyReader, ResponseHead } from "./exchange.ts";

/** What a response of a status other than 200 says, reduced to what the fault table asks. */
export interface Refusal {
  readonly status: number;
  /** Lower case; only ever compared, never stored. */
  readonly text: string;
  /** `platform`: `{"detail": …}`; `other-json`: a JSON object without it; `none`: no JSON object. */
  readonly form: "platform" | "other-json" | "none";
  /** The response names an invocation: the platform did call the chute. */
  readonly invoked: boolean;
  readonly chutesHeaders: boolean;
}

const MAX_REFUSAL_BYTES = 16_384;

/** Collects the beginning of an error body; the rest is not read. */
export class RefusalReader implements BodyReader {
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;

  push(chunk: Uint8Array): "more" | "stop" {
    this.#pieces.push(Uint8Array.from(chunk.subarray(0, MAX_REFUSAL_BYTES - this.#bytes)));
    this.#bytes += chunk.length;
    return this.#bytes < MAX_REFUSAL_BYTES ? "more" : "stop";
  }

  /** Total: never throws. */
  read(head: ResponseHead): Refusal {
    const body = parseObject(Buffer.concat(this.#pieces).toString("utf8"));
    const detail = body?.["detail"] ?? null;
    return {
      status: head.status,
      text: body === null ? "" : wordsOf(detail ?? body["error"] ?? body["message"]).toLowerCase(),
      form: formOf(body, detail),
      invoked: invocationId(head) !== null,
      chutesHeaders: Object.keys(head.headers).some((name) => name.startsWith("x-chutes-")),
    };
  }
}

function formOf(body: object | null, detail: unknown): Refusal["form"] {
  if (body === null) return "none";
  return detail === null ? "other-json" : "platform";
}

/** A text, or the `message` of an object, as quota refusals have it. */
function wordsOf(value: unknown): string {
  if (typeof value === "string") return value;
  const message = objectOrNull(value)?.["message"];
  return typeof message === "string" ? message : "";
}

/** The platform's id of a call, stored with every answer (chutes.md §2.7); null for anything that is no id. */
export function invocationId(head: ResponseHead | null): string | null {
  const value = head?.headers["x-chutes-invocationid"];
  return typeof value === "string" && /^[0-9A-Za-z-]{1,64}$/.test(value) ? value : null;
}
