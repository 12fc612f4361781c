import type { ChatMessage } from "../../ports/reference-model.ts";

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly maxTokens: number;
  readonly temperature: number;
  readonly seed: number;
  readonly stream: boolean;
}

/** The bytes of a request, made once: what is hashed and signed is what is sent. */
export function chatBody(request: ChatRequest): Uint8Array {
  const { model, messages, maxTokens, temperature, seed, stream } = request;
  return Buffer.from(JSON.stringify({ model, messages, max_tokens: maxTokens, temperature, seed, stream }));
}

/** Headers of every request; `identity` because without it any coding would be acceptable (RFC 9110 §12.5.3). */
export function commonHeaders(apiKey: string, accept: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${apiKey}`, accept, "accept-encoding": "identity", "user-agent": "touchstone" };
}
