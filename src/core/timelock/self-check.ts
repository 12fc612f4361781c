import { fromHex, toHex } from "../determinism/digest.ts";
import { parseCiphertext } from "./ciphertext.ts";
import { decrypt, encryptTo } from "./timelock.ts";

/**
 * One commit made by the chain's own Rust code for round 1000 of quicknet (timelock.md, vector "empty plaintext"): what we seal
 * is worth something only if others can open it.
 */
const ROUND = 1_000;
const SIGNATURE = "0xb44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39";
const KEY = "0x1c74ae683f1d5be9d9889ace6065e19eaf5c2d13d00aca6d7a2dc572fa4452db";
const SIGMA = "0xdcb2d8240a7e83514f72bd4e3bd5d8e8fbd9ae263e03c25e25edb8397c05fee2";
const NONCE = "0x2a3a5ae644c6b1c7ad04751d";
const COMMIT =
  "0x89a728a9433466094fda92433b7e7c483ec51ffe3bd78863f132220efaefd8add480c3f5888c3c129f1c2af4d220800d" +
  "024f6317869618483fa1b3cbf66360f6ad15d35487dfe28c5e33d43b895247792a09185579e019bdf9a1b7c453aba374" +
  "2000000000000000a859f38113c55eab95b04ed6f5c8663edffb8624dcd86d169b471d536d36f470" +
  "2000000000000000416c53a0a953ecc0810fdf6219fd99839c03152a5d8cc93947ba768f6d057b22" +
  "2c000000000000001000000000000000f00b55b6601c1f2a83e54a5731aeceb1" +
  "0c000000000000002a3a5ae644c6b1c7ad04751d08000000000000004145535f47434d5f";

/** Whether this program seals and opens as the chain does. Takes some hundredths of a second. */
export function timelockWorks(commit: Uint8Array = fromHex(COMMIT)): boolean {
  const parsed = parseCiphertext(commit);
  if (typeof parsed === "string") return false;
  const opened = decrypt(parsed, fromHex(SIGNATURE));
  if (typeof opened === "string" || opened.length !== 0) return false;
  const ephemeral = { key: fromHex(KEY), sigma: fromHex(SIGMA), nonce: fromHex(NONCE) };
  return toHex(encryptTo(ROUND, opened, ephemeral)) === toHex(commit);
}
