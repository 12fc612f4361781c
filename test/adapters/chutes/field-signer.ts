import { createHash } from "node:crypto";
import type { Hex } from "../../../src/core/model/ids.ts";
import type { SignableMessage, Signer } from "../../../src/ports/signer.ts";

/** Stands where the wallet stands: keeps what it was asked to sign and answers with 64 bytes that depend on it alone. */
export class FieldSigner implements Signer {
  readonly hotkey = "5DcoVqDibzApcRSytnMtra7dMARCFhZKJoKS6Es9b79ufX1U";
  readonly publicKey = "0x44b713291704397324d229c6dd5fc9dc0f8dede9de17ac2c8136c1b6009d8a70";
  readonly cryptoType = "sr25519";
  readonly wellKnown = false;
  readonly asked: SignableMessage[] = [];

  sign(message: SignableMessage): Hex {
    this.asked.push(message);
    return `0x${createHash("sha512").update(JSON.stringify(message)).digest("hex")}`;
  }
}
