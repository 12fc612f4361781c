import { toHex } from "../../core/determinism/digest.ts";
import { ed25519FromSeed, isProblem } from "./key-pair.ts";
import { keyFromUri } from "./secret-uri.ts";
import type { WasmCrypto } from "./wasm-crypto.ts";

const NAMES = ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie", "One", "Two"];

/** ed25519 keys of `//Alice` … `//Ferdie`: the curve has another derivation, which nothing else here needs. */
const ED25519 = [
  "88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee",
  "d17c2d7823ebf260fd138f2d7e27d114c0145d968b5ff5006125f2414fadae69",
  "439660b36c6c03afafca027b910b4fecf99801834c62a5e6006f27d978de234f",
  "5e639b43e0052c47447dac87d6fd2b6ec50bdd4d0f614e4299c665249bbd09d9",
  "1dfe3e22cc0d45c70779c1095f7489a8ef3cf52d62fbd8c2fa38c9f1723502b5",
  "568cb4a574c6d178feb39c27dfc8b3f789e5f5423e19c71633c748b9acf086b5",
];

/** Mini secret of the development phrase: spares the 25 derivations below the slow step from words to seed. */
const DEVELOPMENT_SEED = "fac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e";

/** Whether a public key is one of Substrate's development accounts, whatever form its secret came in. */
export function isWellKnown(wasm: WasmCrypto, publicKey: Uint8Array): boolean {
  const wanted = toHex(publicKey);
  if (ED25519.some((key) => wanted === `0x${key}`)) return true;
  if (toHex(ed25519FromSeed(wasm, Buffer.from(DEVELOPMENT_SEED, "hex")).publicKey) === wanted) return true;
  return ["", ...NAMES.flatMap((name) => [`//${name}`, `//${name}//stash`, `/${name}`])].some((path) => {
    const pair = keyFromUri(wasm, `0x${DEVELOPMENT_SEED}${path}`);
    return !isProblem(pair) && toHex(pair.publicKey) === wanted;
  });
}
