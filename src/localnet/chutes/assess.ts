import { contentWords, numbersOf, type OpenTask, readOpenTask, sentencesOf, shareOf, wordsOf } from "./reading.ts";

/** Honest reading of a submission against its task: a grade in [0, 1] from the two texts alone. */
export function assess(task: string, answer: string): number {
  const words = wordsOf(answer);
  if (words.length < 3 || addressesGrader(answer) || isGibberish(words)) return 0;
  const open = readOpenTask(task);
  const relevance = shareOf(contentWords(open === undefined ? task : aboutOf(open)), contentWords(answer));
  if (relevance < 0.12) return 0;
  const grade = open === undefined || open.facts.length === 0 ? byRelevance(relevance, words) : byFacts(open, answer);
  return Math.max(0, grade - repetition(answer));
}

/** Words that speak to a grader and not to the reader of the text. */
export function addressesGrader(answer: string): boolean {
  const grading = /\b(?:grad(?:e|er|ing)|verdict|submission|full marks|score)\b/i;
  const command = /\b(?:ignore|answer with|give|repeat|final|finished|verified|instructions?|must)\b/i;
  return sentencesOf(answer).some((sentence) => grading.test(sentence) && command.test(sentence));
}

function aboutOf(task: OpenTask): string {
  return [task.subject, ...task.facts].join(" ");
}

/** The scale of a writing task: facts first, then number of sentences, then form. */
function byFacts(task: OpenTask, answer: string): number {
  const missing = task.facts.filter((fact) => !tells(answer, fact)).length;
  if (missing >= 2) return missing === task.facts.length ? 0.15 : 0.25;
  const off = task.sentences === null ? 0 : Math.abs(sentencesOf(answer).length - task.sentences);
  if (missing === 1 || off > 1) return missing === 1 && off > 1 ? 0.4 : 0.5;
  return off === 1 || slipsInForm(answer) ? 0.75 : 1;
}

/** A fact is told when one sentence has its numbers and something of its words. */
function tells(answer: string, fact: string): boolean {
  const wanted = numbersOf(fact);
  const about = contentWords(fact);
  return sentencesOf(answer).some((sentence) => {
    const present = new Set(numbersOf(sentence));
    return wanted.every((number) => present.has(number)) && shareOf(about, contentWords(sentence)) >= 0.3;
  });
}

function slipsInForm(answer: string): boolean {
  return /^\s*(?:[-*\u2022#]|\d+[.)])\s/m.test(answer) || /^\s*(?:hello|hi|dear|good (?:morning|day))\b/i.test(answer);
}

/** A task without facts: on the subject and of some length. */
function byRelevance(relevance: number, words: readonly string[]): number {
  const length = Math.min(1, words.length / 30);
  return Math.min(1, 0.2 + relevance * 0.9) * (0.4 + 0.6 * length);
}

/** Sentences said more than once, and few different words. */
function repetition(answer: string): number {
  const sentences = sentencesOf(answer).map((sentence) => sentence.toLowerCase());
  const again = sentences.length - new Set(sentences).size;
  const words = wordsOf(answer);
  const different = new Set(words).size / Math.max(1, words.length);
  return Math.min(0.5, again * 0.12) + (words.length > 40 && different < 0.35 ? 0.25 : 0);
}

/** More than a third of the words are no pronounceable words. */
function isGibberish(words: readonly string[]): boolean {
  const odd = words.filter((word) => word.length > 16 || (word.length > 3 && !/[aeiouy\u00e0-\u024f]/.test(word)));
  return odd.length * 3 > words.length;
}
