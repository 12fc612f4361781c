/** Reads up to `length` bytes at `position` of the file. */
export type ReadAt = (position: number, length: number) => Promise<Uint8Array>;

/** A frame that is no single whole Zstandard frame, as a sentence. */
export class FrameDamage extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FrameDamage";
  }
}

const MAGIC = 0xfd2fb528;
const RESERVED_BLOCK = 3;
const RLE_BLOCK = 1;
const CHECKSUM = 0b100;
const CHECKSUM_BYTES = 4;

/**
 * Where the one Zstandard frame (RFC 8878 §3.1.1) of a file ends, found from its headers alone. A decoder ignores what
 * follows the first frame or glues further frames on; a bundle is exactly one frame, so the caller compares this with
 * the size of the file.
 * @throws FrameDamage when the headers are not those of a frame with a content checksum.
 */
export async function frameEnd(readAt: ReadAt): Promise<number> {
  const header = await readAt(0, 5);
  if (header.length < 5 || littleEndian(header.subarray(0, 4)) !== MAGIC) {
    throw new FrameDamage("the file does not begin with a Zstandard frame");
  }
  const descriptor = header[4] ?? 0;
  // Without its checksum a changed bit inside the frame could go unnoticed; a bundle has one (docs/bundle.md A1).
  if ((descriptor & CHECKSUM) === 0) throw new FrameDamage("the Zstandard frame has no content checksum");
  let position = 5 + headerTail(descriptor);
  for (;;) {
    const block = await readAt(position, 3);
    if (block.length < 3) throw new FrameDamage("the file ends within its Zstandard frame");
    const word = littleEndian(block);
    const kind = Math.floor(word / 2) % 4;
    if (kind === RESERVED_BLOCK) throw new FrameDamage("the Zstandard frame has a block of an unknown kind");
    position += 3 + (kind === RLE_BLOCK ? 1 : Math.floor(word / 8));
    if (word % 2 === 1) break;
  }
  return position + CHECKSUM_BYTES;
}

/** Bytes of window, dictionary id and content size behind the frame header descriptor (RFC 8878 §3.1.1.1). */
function headerTail(descriptor: number): number {
  const single = (descriptor & 0b10_0000) !== 0;
  const sizeFlag = descriptor >> 6;
  const content = sizeFlag === 0 ? Number(single) : 1 << sizeFlag;
  const dictionary = [0, 1, 2, 4][descriptor & 0b11] ?? 0;
  return (single ? 0 : 1) + dictionary + content;
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}
