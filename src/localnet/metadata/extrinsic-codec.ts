import { Blake2256, compact, type V15 } from "@polkadot-api/substrate-bindings";
import { type AnyCodec, bytesLeft, type Cursor, concat, decodeAll, need, readCompact, reader } from "./cursor.ts";
import type { DecodedCall, DecodedExtrinsic, ExtrinsicSignature, SigningContext } from "./registry.ts";
import { ScaleError, within } from "./scale-error.ts";
import { isRecord } from "./scale-shapes.ts";
import type { TypeCodecs } from "./type-codecs.ts";

const SIGNED = 0x80;
const VERSION = 4;

interface Extension {
  readonly id: string;
  readonly explicit: AnyCodec;
  readonly implicit: AnyCodec;
}

interface Versions {
  readonly specVersion: number;
  readonly transactionVersion: number;
}

/** Extrinsics of version 4, bare and signed, by the metadata (own-metadata.md §5, chain.md §3.8). */
export class ExtrinsicCodec {
  readonly #address: AnyCodec;
  readonly #signature: AnyCodec;
  readonly #call: AnyCodec;
  readonly #extensions: readonly Extension[];
  readonly #versions: Versions;

  constructor(codecs: TypeCodecs, { extrinsic, outerEnums }: V15, versions: Versions) {
    this.#address = codecs.codec(extrinsic.address);
    this.#signature = codecs.codec(extrinsic.signature);
    this.#call = codecs.codec(outerEnums.call);
    this.#extensions = extrinsic.signedExtensions.map(({ identifier, type, additionalSigned }) => ({
      id: identifier,
      explicit: codecs.codec(type),
      implicit: codecs.codec(additionalSigned),
    }));
    this.#versions = versions;
  }

  /** Decodes an extrinsic with its length prefix; everything that does not fit is a `ScaleError`. */
  decode(bytes: Uint8Array): DecodedExtrinsic {
    try {
      return decodeAll(
        reader((cursor) => this.#read(cursor)),
        bytes,
      );
    } catch (error) {
      throw within(error, "extrinsic");
    }
  }

  /** A bare extrinsic (an inherent), length prefix included. */
  encodeBare(callBytes: Uint8Array): Uint8Array {
    return concat([compact.enc(callBytes.length + 1), Uint8Array.of(VERSION), callBytes]);
  }

  /** What the signer signed: call ++ extensions ++ additionalSigned, hashed when longer than 256 bytes. */
  signedBytes(extrinsic: DecodedExtrinsic, context: SigningContext): Uint8Array {
    const { signed, callBytes } = extrinsic;
    if (signed === undefined) throw new ScaleError("an unsigned extrinsic has no signed bytes");
    const implicit = this.#extensions.map((extension, place) => {
      const value = signed.extensions[place]?.value;
      return extension.implicit.enc(implicitValue(extension.id, value, { ...this.#versions, ...context }));
    });
    const payload = concat([callBytes, signed.extensionBytes, ...implicit]);
    return payload.length > 256 ? Blake2256(payload) : payload;
  }

  #read(bytes: Cursor): DecodedExtrinsic {
    const length = Number(readCompact(bytes));
    if (length !== bytesLeft(bytes)) throw new ScaleError(`says ${length} bytes, ${bytesLeft(bytes)} follow`);
    need(bytes, 1);
    const first = bytes[bytes.i] ?? 0;
    bytes.i += 1;
    if ((first & ~SIGNED) !== VERSION) throw new ScaleError(`format ${first} is not 4 or 132`);
    const signed = (first & SIGNED) === 0 ? undefined : this.#readSignature(bytes);
    const start = bytes.i;
    const call = toCall(part("call", () => this.#call.dec(bytes)));
    return { version: VERSION, call, callBytes: copy(bytes, start), signed };
  }

  #readSignature(bytes: Cursor): ExtrinsicSignature {
    const address = part("address", () => this.#address.dec(bytes)) as ExtrinsicSignature["address"];
    const signature = part("signature", () => this.#signature.dec(bytes)) as { type: string; value: Uint8Array };
    const start = bytes.i;
    const extensions = this.#extensions.map(({ id, explicit }) => ({
      id,
      value: part(id, () => explicit.dec(bytes)),
    }));
    const value = (id: string): unknown => extensions.find((extension) => extension.id === id)?.value;
    return {
      address,
      signer: address.type === "Id" && address.value instanceof Uint8Array ? address.value : undefined,
      scheme: signature.type as ExtrinsicSignature["scheme"],
      signature: signature.value,
      extensions,
      extensionBytes: copy(bytes, start),
      era: value("CheckMortality") as ExtrinsicSignature["era"],
      nonce: Number(value("CheckNonce") ?? 0),
      tip: BigInt((value("ChargeTransactionPayment") as bigint | undefined) ?? 0),
    };
  }
}

function part<T>(segment: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw within(error, segment);
  }
}

function copy(bytes: Cursor, start: number): Uint8Array {
  return new Uint8Array(bytes.buffer.slice(start, bytes.i));
}

/** The additional signed data of an extension; those not named here sign nothing. */
function implicitValue(id: string, explicit: unknown, context: SigningContext & Versions): unknown {
  switch (id) {
    case "CheckSpecVersion":
      return context.specVersion;
    case "CheckTxVersion":
      return context.transactionVersion;
    case "CheckGenesis":
      return context.genesisHash;
    case "CheckMortality":
      return context.eraBlockHash;
    case "CheckMetadataHash":
      return metadataHash(explicit);
    default:
      return undefined;
  }
}

/** Mode 0 signs `None`; the hash of mode 1 is that of the merkleised metadata, which this node does not have. */
function metadataHash(explicit: unknown): undefined {
  const mode = isRecord(explicit) ? explicit["mode"] : undefined;
  if (isRecord(mode) && mode["type"] === "Disabled") return undefined;
  throw new ScaleError("a metadata hash is signed, this node does not check one", "CheckMetadataHash");
}

/** The nested enums of a decoded call as names and arguments. */
export function toCall(outer: unknown): DecodedCall {
  if (!isRecord(outer) || !isRecord(outer["value"])) throw new ScaleError("no call");
  const { type: call, value } = outer["value"];
  let args: Record<string, unknown> = {};
  if (isRecord(value)) args = value;
  else if (Array.isArray(value))
    args = Object.fromEntries(value.map((item, place) => [String(place), item as unknown]));
  else if (value !== undefined) args = { "0": value };
  return { pallet: String(outer["type"]), call: String(call), args };
}
