import type { PackManifest } from "../../core/model/pack.ts";

/** Both ends included. */
type Span = readonly [low: number, high: number];

type Step = { readonly verb: "add" | "subtract" | "multiply"; readonly text: string; readonly operand: Span };

/** A fact with the slots `{n}` (a number of its span) and, where it has one, `{place}`. */
type Fact = { readonly text: string; readonly n: Span };

/** What an open prompt is about; every fact belongs to this subject alone, so that an answer must use the facts it was given. */
export type Subject = { readonly text: string; readonly facts: readonly Fact[] };

export type OpenPrompt = {
  readonly prompt: string;
  readonly sentences: Span;
  readonly factCount: number;
  readonly audiences: readonly string[];
  readonly places: readonly string[];
  readonly subjects: readonly Subject[];
  readonly maxTokens: number;
};

export type VerifiableName = "arithmetic" | "sorting" | "counting" | "lookup" | "reversal";
type JudgedName = "explain" | "advise";

export type GeneralGenerators = {
  /** Task i of a channel is drawn by the generator at i modulo the length of the channel's list. */
  readonly rotation: { readonly verifiable: readonly VerifiableName[]; readonly judged: readonly JudgedName[] };
  /** Lower-case ASCII, shared by sorting, counting and reversal. */
  readonly words: readonly string[];
  readonly arithmetic: {
    readonly prompt: string;
    readonly start: Span;
    readonly count: Span;
    readonly steps: readonly Step[];
    readonly maxTokens: number;
  };
  readonly sorting: { readonly prompt: string; readonly count: Span; readonly maxTokens: number };
  readonly counting: {
    readonly prompt: string;
    readonly count: Span;
    readonly letters: readonly string[];
    readonly maxTokens: number;
  };
  readonly lookup: {
    readonly prompt: string;
    readonly row: string;
    readonly rows: Span;
    readonly cityCount: number;
    readonly amount: Span;
    readonly names: readonly string[];
    readonly cities: readonly string[];
    readonly maxTokens: number;
  };
  readonly reversal: { readonly prompt: string; readonly count: Span; readonly maxTokens: number };
  readonly explain: OpenPrompt;
  readonly advise: OpenPrompt;
};

export interface GeneralManifest extends PackManifest {
  readonly generators: GeneralGenerators;
}
