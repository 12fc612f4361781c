import type { Digest, Hex, Ss58 } from "../core/model/ids.ts";

/**
 * What the hotkey may be asked to sign (D17b). Typed messages, never bytes: a request dialect cannot be made to produce a
 * seal, nor a seal a transaction.
 */
export type SignableMessage =
  | { readonly kind: "seal"; readonly digest: Digest }
  | {
      readonly kind: "epistula-v2";
      readonly bodySha256: string;
      readonly uuid: string;
      readonly timestampMs: number;
      readonly signedFor: Ss58 | null;
    }
  | { readonly kind: "epistula-v2-interval"; readonly interval: number; readonly signedFor: Ss58 }
  | { readonly kind: "epistula-legacy-004"; readonly timestampNs: string; readonly bodySha256: string }
  /** A Substrate signing payload, not yet hashed: call ++ extensions ++ additional data. */
  | { readonly kind: "extrinsic"; readonly payload: Uint8Array; readonly genesis: Hex };

/** The hotkey. The key itself never leaves the implementation. */
export interface Signer {
  readonly hotkey: Ss58;
  readonly publicKey: Hex;
  readonly cryptoType: "sr25519" | "ed25519";
  /** True for `//Alice` and its like: refused unless the genesis is a localnet's (DESIGN §6). */
  readonly wellKnown: boolean;
  /** 64 bytes. @throws ValidatorError when the message is not of the form its kind allows. */
  sign(message: SignableMessage): Hex;
}

/** Checks a seal's signature; pure, so that replay can. False for anything malformed, never throws. */
export type SealVerifier = (claim: {
  readonly digest: Digest;
  readonly signature: Hex;
  readonly hotkey: Ss58;
  readonly cryptoType: "sr25519" | "ed25519";
}) => boolean;
