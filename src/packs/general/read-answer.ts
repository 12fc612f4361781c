/** Space, tab, line feed, vertical tab, form feed, carriage return: the only blanks there are; no Unicode tables. */
const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0b, 0x0c, 0x0d]);

/**
 * The answer in a reply to a verifiable task: its last line that is not blank, without blanks at either end and without one
 * trailing period. Nothing else is forgiven: case, signs and inner spaces count. Empty when every line is blank.
 */
export function readAnswer(text: string): string {
  let end = text.length;
  while (end > 0 && BLANKS.has(text.charCodeAt(end - 1))) end -= 1;
  let start = text.lastIndexOf("\n", end - 1) + 1;
  while (start < end && BLANKS.has(text.charCodeAt(start))) start += 1;
  const line = text.slice(start, end);
  return line.endsWith(".") ? line.slice(0, -1) : line;
}
