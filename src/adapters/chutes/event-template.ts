/** Keys whose value may differ from event to event without meaning anything for the text: usage is read from the last event. */
const VARYING =
  /(?<="(?:prompt_tokens|total_tokens|completion_tokens)":)\d+(?=[,}])|(?<="chutes_verification":")[^"]*/g;
const NUMBER = "(?:0|[1-9][0-9]*)";
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON allows none of them inside a string.
const PLAIN = /^[^"\\\u0000-\u001f]*$/;
const ANY_PLAIN = '[^"\\\\\\u0000-\\u001f]*';
const KEY = '"content"';
/** Events of this dialect have a few hundred characters. A pattern is compiled from the event, and a giant one throws where it is used. */
const MAX_EVENT = 4_096;

/**
 * What the events of one stream have in common: all but the text and a few counts. Parsing each as JSON was most of the work of
 * reading a stream; an event that is letter for letter like the one before, its text and those counts apart, needs none.
 */
export class EventTemplate {
  readonly #before: string;
  readonly #after: RegExp;

  private constructor(before: string, after: RegExp) {
    this.#before = before;
    this.#after = after;
  }

  /**
   * The template of an event that was parsed and whose text is `content`; null when it is not certain where the text stands, or
   * when the event is long. No escapes anywhere: then a quotation mark always begins or ends a string, and a key is spelt in one
   * way only.
   */
  static of(event: string, content: string): EventTemplate | null {
    if (event.length > MAX_EVENT) return null;
    const key = event.indexOf(KEY);
    if (key < 0 || event.includes("\\") || event.includes(KEY, key + 1)) return null;
    const start = key + KEY.length + 2;
    const before = event.slice(0, start);
    const text = `${content}"`;
    if (!before.endsWith(':"') || !event.startsWith(text, start)) return null;
    return new EventTemplate(before, patternOf(event.slice(start + text.length)));
  }

  /** The text of an event that is like the template in all that counts; null for one that has to be parsed. */
  textOf(event: string): string | null {
    if (!event.startsWith(this.#before)) return null;
    const start = this.#before.length;
    const end = event.indexOf('"', start);
    if (end < 0) return null;
    const text = event.slice(start, end);
    if (!PLAIN.test(text)) return null;
    this.#after.lastIndex = end + 1;
    return this.#after.test(event) ? text : null;
  }
}

function patternOf(after: string): RegExp {
  let source = "";
  let from = 0;
  for (const { 0: varying, index } of after.matchAll(VARYING)) {
    source += escaped(after.slice(from, index)) + (after.charAt(index - 1) === '"' ? ANY_PLAIN : NUMBER);
    from = index + varying.length;
  }
  return new RegExp(`${source}${escaped(after.slice(from))}$`, "y");
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&");
}
