const LF = 10;
const MAX_PIECES = 64;

/**
 * Cuts bytes into lines, whatever the chunk boundaries: a line is decoded when its line feed has come, so that no character
 * is split. Lines end with LF or CR LF; a lone CR, which no server of this dialect sends, does not end one.
 */
export class LineCutter {
  readonly #maxLineBytes: number;
  readonly #onLine: (line: string) => void;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #first = true;
  #tooLong = false;

  constructor(maxLineBytes: number, onLine: (line: string) => void) {
    this.#maxLineBytes = maxLineBytes;
    this.#onLine = onLine;
  }

  /** True once a line was longer than allowed; nothing is kept from then on. */
  get tooLong(): boolean {
    return this.#tooLong;
  }

  push(chunk: Uint8Array): void {
    if (this.#tooLong || chunk.length === 0) return;
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    // Mostly a chunk is one event, whole.
    const last = bytes[bytes.length - 1] === LF ? bytes.length - 1 : bytes.lastIndexOf(LF);
    if (last < 0) {
      this.#keep(bytes);
      return;
    }
    this.#lines(this.#pendingBytes === 0 ? bytes.toString("utf8", 0, last) : this.#joined(bytes.subarray(0, last)));
    if (last + 1 < bytes.length) this.#keep(bytes.subarray(last + 1));
  }

  #joined(end: Buffer): string {
    const text = Buffer.concat([...this.#pending, end]).toString("utf8");
    this.#pending = [];
    this.#pendingBytes = 0;
    return text;
  }

  /** What stands after the last line feed: an unfinished line, or the last of a server that ends without one. */
  rest(): string {
    const text = Buffer.concat(this.#pending).toString("utf8");
    return this.#first ? withoutMark(text) : text;
  }

  #keep(bytes: Buffer): void {
    if (this.#tooLong) return;
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes > this.#maxLineBytes) {
      this.#tooLong = true;
      this.#pending = [];
      return;
    }
    // A copy: undici may hand out its read buffer again. Byte-sized chunks are joined now and then, or their number would cost memory.
    this.#pending.push(Buffer.from(bytes));
    if (this.#pending.length > MAX_PIECES) this.#pending = [Buffer.concat(this.#pending)];
  }

  #lines(text: string): void {
    let from = 0;
    while (from <= text.length) {
      const feed = text.indexOf("\n", from);
      const to = feed < 0 ? text.length : feed;
      let line = text.slice(from, to);
      from = to + 1;
      if (this.#isTooLong(line)) return;
      if (line.charCodeAt(line.length - 1) === 13) line = line.slice(0, -1);
      if (this.#first) line = withoutMark(line);
      this.#first = false;
      this.#onLine(line);
    }
  }

  #isTooLong(line: string): boolean {
    // Three bytes at most for a code unit: only long lines are counted exactly.
    if (line.length * 3 > this.#maxLineBytes && Buffer.byteLength(line) > this.#maxLineBytes) this.#tooLong = true;
    return this.#tooLong;
  }
}

function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** What one line of an event stream is; `strange` is what a lenient parser would drop in silence. */
export type SseLine =
  | { readonly kind: "data"; readonly value: string }
  | { readonly kind: "ignored" }
  | { readonly kind: "strange"; readonly json: boolean };

const IGNORED: SseLine = { kind: "ignored" };

/**
 * Rules 2 and 3 of chutes.md §2.7: comments and other fields are ignored, but a line that is none of them is kept: the platform
 * reports a failure in mid-stream as bare JSON without `data:`. Each `data` line is an event of its own, as in this dialect.
 */
export function readLine(line: string): SseLine {
  if (line === "" || line.charCodeAt(0) === 58) return IGNORED;
  if (line.startsWith("data:")) return { kind: "data", value: line.slice(line.charCodeAt(5) === 32 ? 6 : 5) };
  if (/^(?:event|id|retry|data)(?::|$)/.test(line)) return IGNORED;
  return { kind: "strange", json: line.trimStart().startsWith("{") };
}
