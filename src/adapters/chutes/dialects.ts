import { sha256, toHex } from "../../core/determinism/digest.ts";
import type { SigningDialect } from "../../core/model/config.ts";
import type { Hex, Ss58 } from "../../core/model/ids.ts";
import { epistulaInterval, epistulaLegacyHeaders, epistulaV2Headers } from "../../core/signing/epistula.ts";
import type { Clock, Entropy } from "../../ports/clock.ts";
import type { Signer } from "../../ports/signer.ts";

export interface DialectOptions {
  readonly dialect: SigningDialect;
  /** Null in a dry run: requests then carry the Chutes credential alone. */
  readonly signer: Signer | null;
  readonly netuid: number;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

export type Headers = Readonly<Record<string, string>>;

/** Headers for one attempt at one receiver; call it again for each attempt: nonces and timestamps must not repeat (D14). */
export type RequestSigner = (body: Uint8Array, receiver: Ss58) => Headers;

export function requestSigner(options: DialectOptions): RequestSigner {
  const { signer } = options;
  if (signer === null || options.dialect === "none") return () => ({});
  return options.dialect === "legacy-004" ? legacySigner(options, signer) : epistulaSigner(options, signer);
}

/** Epistula v2 (chutes.md §1.4): the body is bound by its hash, the receiver by name. */
function epistulaSigner({ clock, entropy }: DialectOptions, signer: Signer): RequestSigner {
  const secrets = new IntervalSignatures(signer);
  return (body, receiver) => {
    const timestampMs = clock.now();
    const uuid = uuid4(entropy.bytes(16));
    const interval = epistulaInterval(timestampMs);
    const message = { kind: "epistula-v2", bodySha256: hashHex(body), uuid, timestampMs, signedFor: receiver } as const;
    return epistulaV2Headers({
      uuid,
      timestampMs,
      signedFor: receiver,
      signedBy: signer.hotkey,
      signature: signer.sign(message),
      secretSignatures: [
        secrets.of(receiver, interval - 1),
        secrets.of(receiver, interval),
        secrets.of(receiver, interval + 1),
      ],
    });
  };
}

/** The brief's own dialect: nanoseconds and no receiver, so a miner can replay a request to another (chutes.md §1.4). */
function legacySigner({ clock, netuid }: DialectOptions, signer: Signer): RequestSigner {
  return (body) => {
    const timestampNs = `${clock.now()}000000`;
    const signature = signer.sign({ kind: "epistula-legacy-004", timestampNs, bodySha256: hashHex(body) });
    return epistulaLegacyHeaders({ timestampNs, signedBy: signer.hotkey, signature, netuid });
  };
}

/** Receivers remembered at once; more only costs signatures again. */
const MAX_RECEIVERS = 4_096;

/** One signature a (receiver, interval): two of the three an interval needs were made in the intervals before it. */
class IntervalSignatures {
  readonly #signer: Signer;
  readonly #made = new Map<Ss58, Map<number, Hex>>();

  constructor(signer: Signer) {
    this.#signer = signer;
  }

  of(receiver: Ss58, interval: number): Hex {
    const made = this.#of(receiver);
    const known = made.get(interval);
    if (known !== undefined) return known;
    const signature = this.#signer.sign({ kind: "epistula-v2-interval", interval, signedFor: receiver });
    // A clock set backwards would leave intervals of the future behind, hence both sides.
    for (const old of made.keys()) if (old < interval - 2 || old > interval + 2) made.delete(old);
    made.set(interval, signature);
    return signature;
  }

  #of(receiver: Ss58): Map<number, Hex> {
    const known = this.#made.get(receiver);
    if (known !== undefined) return known;
    const [oldest] = this.#made.keys();
    if (oldest !== undefined && this.#made.size >= MAX_RECEIVERS) this.#made.delete(oldest);
    const made = new Map<number, Hex>();
    this.#made.set(receiver, made);
    return made;
  }
}

function hashHex(body: Uint8Array): string {
  return toHex(sha256(body)).slice(2);
}

/** RFC 9562 §5.4: 122 random bits, version 4, variant 10. */
function uuid4(random: Uint8Array): string {
  const bytes = Buffer.from(random);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
