import type { FaultCode } from "../../core/model/fault.ts";

/** The codes that a call of this adapter can end in; those of its own refusals before sending carry their own words. */
export type ChutesFaultCode = Exclude<
  FaultCode,
  | "url-refused"
  | "budget-exhausted"
  | "fate-unknown"
  | "epoch-over"
  | "verdict-unreadable"
  | "chain-unreachable"
  | "chain-refused"
  | "chain-unconfirmed"
>;

/** What a Fault of each code says: what happened (message), what to do (remedy). No word of a server's ever enters. */
const SENTENCES: Readonly<Record<ChutesFaultCode, readonly [message: string, remedy: string]>> = {
  "request-rejected": [
    "Chutes rejected the request as badly formed.",
    "Operator: report this; the miner loses nothing.",
  ],
  "credentials-rejected": [
    "Chutes does not accept our credentials.",
    "Operator: check the API key; catalogue reads need an unscoped key, calls the scope chutes/invoke.",
  ],
  "owner-unfunded": [
    "The chute cannot run because its owner's Chutes account is empty.",
    "Miner: top up the account that owns the chute; it can take ten minutes to be noticed.",
  ],
  "account-unfunded": [
    "Our Chutes account has no balance or quota for this call.",
    "Operator: top up the Chutes account; a subscription's window ends at the next multiple of four hours UTC.",
  ],
  forbidden: ["Our Chutes credential may not do this.", "Operator: give the key the scope chutes/invoke."],
  "chute-not-found": [
    "Chutes knows no such chute, or it is not shared with this validator.",
    "Miner: commit the id of a chute that exists and share it with the validators' accounts.",
  ],
  "cord-not-found": [
    "The chute has no cord with the path, method and stream flag that the subnet asks for.",
    "Miner: deploy the chute with the cord that the subnet's rules name.",
  ],
  "model-not-found": [
    "Chutes has no model of this id, or not under the pinned chute.",
    "Operator: set scoring.judge to a model of GET /v1/models.",
  ],
  "instance-gone": ["The instance was taken away during the call.", "Nothing to do: it is tried again."],
  "request-too-large": ["Chutes found the request too large.", "Operator: shorten the pack's prompts."],
  "tee-required": ["The chute does not run in a trusted environment.", "Miner: deploy the chute with tee=True."],
  capacity: ["All instances are busy.", "Nothing to do: it is tried again, later each time."],
  "rate-limited": ["Chutes limits the rate of calls.", "Operator: lower chutes.requestsPerMinute if it happens often."],
  "edge-refused": [
    "The edge of Chutes refused the request before the application saw it.",
    "Operator: check that the key is sent and lower chutes.requestsPerMinute; further violations prolong a ban.",
  ],
  "upstream-failed": [
    "The chute's instances failed to answer the platform.",
    "Nothing to do: nobody's fault is proven.",
  ],
  "gateway-failed": ["The gateway of Chutes failed.", "Nothing to do: it is tried again where that helps."],
  "chute-cold": [
    "The chute has no running instance.",
    "Miner: keep an instance hot while the epoch lasts (a long shutdown_after_seconds).",
  ],
  "chute-disabled": ["The chute is disabled.", "Miner: enable the chute or commit another."],
  "model-unavailable": ["The reference model cannot be called now.", "Operator: wait, or pin another model."],
  "answer-empty": [
    "The chute answered without any text.",
    "Miner: the model must answer within the asked number of tokens.",
  ],
  "answer-malformed": [
    "The chute answered in a form that is not the OpenAI chat form.",
    "Miner: serve the chat completion form that the subnet's rules name.",
  ],
  "answer-too-large": ["The chute's answer is larger than allowed.", "Miner: respect max_tokens."],
  "redirect-refused": [
    "The request was answered with a redirect, which is never followed: it carries credentials.",
    "Miner: answer at the declared cord itself.",
  ],
  "connection-failed": ["The connection to Chutes failed or broke.", "Nothing to do: it is tried again."],
  timeout: ["No whole answer came within the time allowed.", "Operator: raise the limits of time if it happens often."],
  truncated: ["The answer ended before it was whole, so none of it is used.", "Nothing to do: it is tried again."],
  aborted: [
    "The validator was shutting its connections down.",
    "Nothing to do: the call belongs to a cycle that was ended.",
  ],
  "judge-failed": [
    "The reference model gave no usable answer.",
    "Operator: if it happens often, pin another model or raise the judge's number of tokens.",
  ],
};

/** Message and remedy of a code. */
export function sentencesOf(code: ChutesFaultCode): readonly [message: string, remedy: string] {
  return SENTENCES[code];
}
