/**
 * Bytes that grow. All nested encoders write into one of these: the library's encoders make an array for every number,
 * which takes four times as long for a metagraph of 2,500 uids (own-metadata.md §1 has the measure to be held to).
 */
export class Writer {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(size = 64) {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Makes room for `count` more bytes and returns where they begin; the buffer may be another one afterwards. */
  #reserve(count: number): number {
    const start = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return start;
  }

  put(bytes: Uint8Array): void {
    const start = this.#reserve(bytes.length);
    this.#bytes.set(bytes, start);
  }

  /** The low bits of an integer that was checked before; negative ones as two's complement. */
  u8(value: number): void {
    const start = this.#reserve(1);
    this.#view.setUint8(start, value);
  }

  u16(value: number): void {
    const start = this.#reserve(2);
    this.#view.setUint16(start, value, true);
  }

  u32(value: number): void {
    const start = this.#reserve(4);
    this.#view.setUint32(start, value, true);
  }

  u64(value: bigint): void {
    const start = this.#reserve(8);
    this.#view.setBigUint64(start, value, true);
  }

  /** A copy of what was written. */
  done(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}
