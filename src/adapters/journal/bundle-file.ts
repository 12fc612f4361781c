import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress, createZstdDecompress } from "node:zlib";
import type { BundleDamage } from "../../core/audit/bundle-lines.ts";
import { ValidatorError } from "../../core/model/fault.ts";
import { journalError } from "./sqlite-error.ts";
import { FrameDamage, frameEnd } from "./zstd-frame.ts";

/** What a bundle may be at most; a file beyond is damage, and never takes more memory than this to find out. */
export interface BundleLimits {
  readonly compressedBytes: number;
  readonly bytes: number;
  readonly lineBytes: number;
  readonly lines: number;
}

export const BUNDLE_LIMITS: BundleLimits = {
  compressedBytes: 256 * 1024 * 1024,
  bytes: 512 * 1024 * 1024,
  lineBytes: 16 * 1024 * 1024,
  lines: 2_000_000,
};

/** log2 of the window: 16 MiB, eight times what our writer needs; bounds what a hostile frame makes zlib allocate. */
const WINDOW_LOG = 24;
const BATCH_CHARS = 64 * 1024;
const LF = 0x0a;

/**
 * Writes one bundle: the lines, each ended by a line feed, as one Zstandard frame with checksum. Temporary file, fsync,
 * rename, fsync of the folder: the file is whole or not there.
 * @throws ValidatorError exit `journal` when the disk does not take it.
 */
export async function writeBundle(path: string, lines: Iterable<string>): Promise<void> {
  const temporary = `${path}.part`;
  try {
    const handle = await open(temporary, "w", 0o644);
    try {
      const params = { [constants.ZSTD_c_checksumFlag]: 1 };
      await pipeline(batches(lines), createZstdCompress({ params }), (chunks) => handle.writeFile(chunks));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw journalError(error, path);
  }
}

/** Joins lines to pieces worth a call of the compressor. */
function* batches(lines: Iterable<string>): Generator<string> {
  let batch = "";
  for (const line of lines) {
    batch += `${line}\n`;
    if (batch.length < BATCH_CHARS) continue;
    yield batch;
    batch = "";
  }
  if (batch !== "") yield batch;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * The lines of a bundle, without their line feeds, or what is wrong with the file. Checks the frame (one, whole, nothing
 * behind it, checksum), the limits, strict UTF-8 and the last line feed; what the lines say is the caller's to check.
 * @throws ValidatorError exit `configuration` when there is no such file.
 */
export async function readBundle(
  path: string,
  limits: BundleLimits = BUNDLE_LIMITS,
): Promise<readonly string[] | BundleDamage> {
  const handle = await openBundle(path);
  const splitter = new LineSplitter(limits);
  try {
    const { size } = await handle.stat();
    if (size > limits.compressedBytes) throw new FrameDamage(`the file is larger than ${limits.compressedBytes} bytes`);
    const end = await frameEnd((position, length) => readAt(handle, position, length));
    if (size < end) throw new FrameDamage("the file ends within its Zstandard frame");
    if (size > end) throw new FrameDamage(`${size - end} bytes follow the Zstandard frame`);
    const params = { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG };
    await pipeline(
      handle.createReadStream({ start: 0, autoClose: false }),
      createZstdDecompress({ params }),
      async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) splitter.add(chunk);
      },
    );
    return splitter.end();
  } catch (error) {
    // How far a damaged frame could be read depends on buffers: it is named as a whole.
    return { damage: wordDamage(error), line: error instanceof FrameDamage ? splitter.line : 1 };
  } finally {
    await handle.close();
  }
}

function wordDamage(error: unknown): string {
  if (error instanceof FrameDamage) return error.message;
  return `the Zstandard frame cannot be read: ${error instanceof Error ? error.message : "unknown reason"}`;
}

async function openBundle(path: string): Promise<FileHandle> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, "r");
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch (error) {
    throw noBundle(path, error);
  }
  throw noBundle(path);
}

function noBundle(path: string, cause?: unknown): ValidatorError {
  return new ValidatorError(`There is no readable bundle file ${path}.`, {
    exit: "configuration",
    code: "bundle-missing",
    blame: "validator",
    remedy: "Check the path; bundles lie in the folder `bundles` of the data folder.",
    cause,
  });
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await handle.read(bytes, 0, length, position);
  return bytes.subarray(0, bytesRead);
}

/** Cuts a stream of bytes into lines and stops at the first that breaks a limit. */
class LineSplitter {
  readonly #limits: BundleLimits;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  readonly #lines: string[] = [];
  #open: Uint8Array[] = [];
  #openBytes = 0;
  #bytes = 0;

  constructor(limits: BundleLimits) {
    this.#limits = limits;
  }

  /** Number of the line that is being read, from 1. */
  get line(): number {
    return this.#lines.length + 1;
  }

  add(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#limits.bytes) {
      throw new FrameDamage(`the content is larger than ${this.#limits.bytes} bytes`);
    }
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      this.#keep(chunk.subarray(start, end));
      this.#close();
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  end(): readonly string[] {
    if (this.#openBytes > 0) throw new FrameDamage("the last line is not ended by a line feed");
    if (this.#lines.length === 0) throw new FrameDamage("the bundle holds no line");
    return this.#lines;
  }

  #keep(part: Uint8Array): void {
    this.#openBytes += part.length;
    if (this.#openBytes > this.#limits.lineBytes) {
      throw new FrameDamage(`the line is longer than ${this.#limits.lineBytes} bytes`);
    }
    this.#open.push(part);
  }

  #close(): void {
    if (this.#lines.length === this.#limits.lines)
      throw new FrameDamage(`there are more than ${this.#limits.lines} lines`);
    const [only, second] = this.#open;
    const line = only !== undefined && second === undefined ? only : Buffer.concat(this.#open);
    this.#open = [];
    this.#openBytes = 0;
    try {
      this.#lines.push(this.#decoder.decode(line));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new FrameDamage("the line is not UTF-8");
    }
  }
}
