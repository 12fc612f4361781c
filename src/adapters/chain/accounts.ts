import { fromHex } from "../../core/determinism/digest.ts";
import type { Hex, Ss58 } from "../../core/model/ids.ts";
import { encodeSs58 } from "../../core/signing/ss58.ts";

/** Remembers what a pure function said of an account: the same few thousand come back with every snapshot. */
export class AccountMemo<T> {
  readonly #make: (account: Hex) => T;
  readonly #known = new Map<Hex, T>();

  constructor(make: (account: Hex) => T) {
    this.#make = make;
  }

  of(account: Hex): T {
    const known = this.#known.get(account);
    if (known !== undefined) return known;
    if (this.#known.size >= MOST) this.#known.clear();
    const made = this.#make(account);
    this.#known.set(account, made);
    return made;
  }
}

const MOST = 20_000;
const addresses = new AccountMemo<Ss58>((account) => encodeSs58(fromHex(account)));

/** The address of a public key; converting to base 58 is the dearest part of a snapshot. */
export function addressOf(account: Hex): Ss58 {
  return addresses.of(account);
}
