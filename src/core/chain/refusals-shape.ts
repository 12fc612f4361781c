/**
 * What there is to do about a refusal. `retry`: the same again in a moment. `wait`: nothing helps now, the next epoch or the end
 * of a limit does. `rebuild`: read the chain again, make and sign anew. `stop`: a hand on configuration, wallet or software.
 */
export const REFUSAL_CLASSES = ["retry", "wait", "rebuild", "stop"] as const;
export type RefusalClass = (typeof REFUSAL_CLASSES)[number];

/** One entry of the dictionary: what happened, whose fault it is, what to do. */
export interface Refusal {
  readonly class: RefusalClass;
  readonly blame: "chain" | "validator";
  readonly message: string;
  readonly remedy: string;
}

type Maker = (message: string, remedy: string) => Refusal;

const made =
  (kind: RefusalClass, blame: Refusal["blame"]): Maker =>
  (message, remedy) => ({ class: kind, blame, message, remedy });

export const retry: Maker = made("retry", "chain");
export const wait: Maker = made("wait", "chain");
export const rebuild: Maker = made("rebuild", "chain");
/** For the operator's hand. */
export const stop: Maker = made("stop", "validator");

/** Several names of one meaning, separated by white space. */
export function sharedBy(names: string, refusal: Refusal): readonly (readonly [name: string, refusal: Refusal])[] {
  return names
    .trim()
    .split(/\s+/)
    .map((name) => [name, refusal] as const);
}

/**
 * The one honest sentence for errors of calls that a validator never sends; `belongs` ends "The error …", as in
 * "belongs to staking".
 */
export function neverMet(belongs: string): Refusal {
  return stop(
    `The error ${belongs}; a weight call never meets it.`,
    "Nothing is to be done for this validator; if its own log shows the error, report it with the bundle of that cycle.",
  );
}
