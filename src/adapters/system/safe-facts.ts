/** Facts as they may be printed: plain, short, without anything that looks like a secret. */
export type SafeFacts = Readonly<Record<string, unknown>>;

const MAX_TEXT = 300;
const MAX_ITEMS = 20;
const MAX_DEPTH = 3;
const SECRET_NAME = /secret|password|authorization|mnemonic|api_?key$|private_?key/i;
/** An API key wherever it stands, and the credentials of an address. */
const SECRET_TEXT = /cpk_[\w.]+|(?<=:\/\/)[^/@\s]+(?=@)|Bearer\s+\S+/gi;

/** Total: whatever is given, the answer can be written as JSON. */
export function safeFacts(facts: Readonly<Record<string, unknown>>): SafeFacts {
  return Object.fromEntries(
    Object.entries(facts)
      .slice(0, MAX_ITEMS)
      .map(([name, value]) => [name, SECRET_NAME.test(name) ? "[hidden]" : safe(value, 1)]),
  );
}

function safe(value: unknown, depth: number): unknown {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "string") return safeText(value);
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Error) return safeText(value.message);
  if (typeof value !== "object" || depth >= MAX_DEPTH) return `[${typeof value}]`;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => safe(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MAX_ITEMS)
      .map(([name, item]) => [name, SECRET_NAME.test(name) ? "[hidden]" : safe(item, depth + 1)]),
  );
}

function safeText(text: string): string {
  const whole = text.slice(0, 4 * MAX_TEXT).replaceAll(SECRET_TEXT, "[hidden]");
  return whole.length > MAX_TEXT ? `${whole.slice(0, MAX_TEXT)}…` : whole;
}
