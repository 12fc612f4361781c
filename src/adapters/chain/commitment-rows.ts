import * as z from "zod";
import { MAX_CLAIM_BYTES, withoutCompactPrefix } from "../../core/chain/commitments.ts";
import { fromHex, toHex } from "../../core/determinism/digest.ts";
import type { Hex, Ss58 } from "../../core/model/ids.ts";
import type { Commitment, CommitmentField } from "../../core/model/metagraph.ts";
import { AccountMemo, addressOf } from "./accounts.ts";
import { count, parseAnswer } from "./answers.ts";
import type { Tables } from "./polkadot.ts";
import { knowsLayout, readRegistration } from "./registration.ts";
import { decodeStorage, type Reads, type StorageItem, storageKey } from "./view.ts";

const ITEMS = ["commitmentOf", "lastCommitment", "revealedCommitments"] as const;
/** The chain keeps ten revealed entries a hotkey (chain.md §6.2). */
const MAX_REVEALED = 10;

const registration = z.object({
  block: count,
  info: z.object({ fields: z.array(z.union([z.string(), z.record(z.string(), z.unknown())])) }),
});
const revealed = z.array(z.tuple([z.string(), count]));

/**
 * Commitments of the given accounts, ascending by hotkey, those without any left out. Asked for by key and not by prefix:
 * rows of hotkeys that left are kept on chain and must cost us nothing (chain.md §6.5).
 */
export async function readCommitments(
  view: Reads,
  netuid: number,
  accounts: readonly Hex[],
): Promise<readonly Commitment[]> {
  const { tables } = view;
  const memo = keysOf(tables, netuid);
  const wanted = accounts.map((account) => ({ hotkey: addressOf(account), keys: memo.of(account) }));
  const values = await view.raw(wanted.flatMap(({ keys }) => keys.filter((key) => key !== null)));
  const rows = wanted.map(({ hotkey, keys }) => {
    const [of = null, last = null, texts = null] = keys.map((key) => (key === null ? null : (values.get(key) ?? null)));
    return rowOf(tables, netuid, hotkey, { of, last, texts });
  });
  return rows.filter((row) => row !== null).toSorted((a, b) => (a.hotkey < b.hotkey ? -1 : 1));
}

interface Stored {
  readonly of: Hex | null;
  readonly last: Hex | null;
  readonly texts: Hex | null;
}

function rowOf(tables: Tables, netuid: number, hotkey: Ss58, stored: Stored): Commitment | null {
  if (stored.of === null && stored.texts === null) return null;
  const decode = (item: string, value: Hex | null): unknown =>
    value === null ? null : decodeStorage(tables, itemOf(item, netuid, hotkey), value);
  const quick = stored.of === null || !knowsLayout(tables) ? null : readRegistration(fromHex(stored.of));
  const last = blockOf(tables, stored.last) ?? decode("lastCommitment", stored.last);
  const rest = { last, texts: decode("revealedCommitments", stored.texts) };
  if (quick === null) return commitmentOf(hotkey, { of: decode("commitmentOf", stored.of), ...rest });
  const row = commitmentOf(hotkey, { of: null, ...rest });
  return { ...row, block: quick.block, fields: quick.fields };
}

/** A block height of 32 bits, where the metadata says that it is one; null for everything else, the library reads that. */
function blockOf({ query, registry }: Tables, value: Hex | null): number | null {
  const type = query["commitments"]?.["lastCommitment"]?.creator.meta.type;
  if (value === null || value.length !== 10 || type === undefined || !type.isMap) return null;
  if (registry.lookup.getTypeDef(type.asMap.value).type !== "u32") return null;
  return Buffer.from(value.slice(2), "hex").readUInt32LE();
}

function itemOf(item: string, netuid: number, hotkey: Ss58): StorageItem {
  return { pallet: "commitments", item, keys: [netuid, hotkey] };
}

/** All three maps have the key (netuid Identity, account Twox64Concat): 32 bytes of item, 2 of netuid, 40 of account. */
const PREFIX_CHARS = 2 + 2 * 34;
const ANYBODY: Hex = `0x${"00".repeat(32)}`;

type Keys = readonly (string | null)[];
/** By metadata and not by registry: after an upgrade the library puts another one into the same registry. */
const memos = new WeakMap<Tables["registry"]["metadata"], Map<number, AccountMemo<Keys>>>();

/** Keys of an account's rows in the order of {@link ITEMS}, null for an item that the runtime does not have. */
function keysOf(tables: Tables, netuid: number): AccountMemo<Keys> {
  const { metadata } = tables.registry;
  const byNetuid = memos.get(metadata) ?? new Map<number, AccountMemo<Keys>>();
  memos.set(metadata, byNetuid);
  const known = byNetuid.get(netuid);
  if (known !== undefined) return known;
  const key = (item: string, account: Hex): string | null => storageKey(tables, itemOf(item, netuid, account));
  const prefixes = ITEMS.map((item) => key(item, ANYBODY)?.slice(0, PREFIX_CHARS) ?? null);
  const memo = new AccountMemo((account): Keys => {
    const suffix = key("commitmentOf", account)?.slice(PREFIX_CHARS) ?? "";
    return prefixes.map((prefix) => (prefix === null ? null : flat(prefix + suffix)));
  });
  byNetuid.set(netuid, memo);
  return memo;
}

/** One string instead of two put together, which would be joined anew in every use. */
function flat(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

export interface DecodedRows {
  readonly of: unknown;
  readonly last: unknown;
  readonly texts: unknown;
}

export function commitmentOf(hotkey: Ss58, found: DecodedRows): Commitment {
  const row = isMissing(found.of) ? null : parseAnswer(registration, found.of, "a commitment");
  const texts = isMissing(found.texts) ? [] : parseAnswer(revealed, found.texts, "revealed commitments");
  return {
    hotkey,
    block: row?.block ?? null,
    fields: (row?.info.fields ?? []).map(fieldOf),
    lastCommitment: isMissing(found.last) ? null : parseAnswer(count, found.last, "LastCommitment"),
    revealed: texts.slice(-MAX_REVEALED).map(([data, block]) => ({ block, data: plaintext(data) })),
  };
}

function isMissing(value: unknown): boolean {
  return value === null || value === undefined;
}

/** The library shows a variant as `{ raw12: "0x…" }`, one without content as its name. */
export function fieldOf(field: string | Readonly<Record<string, unknown>>): CommitmentField {
  const [name = "", content] = typeof field === "string" ? [field, "0x"] : (Object.entries(field)[0] ?? []);
  const variant = name.toLowerCase();
  if (/^(big)?raw\d*$/.test(variant)) return { kind: "raw", data: bytesOf(content) };
  if (/^(blaketwo256|sha256|keccak256|shathree256)$/.test(variant)) return { kind: "hash", data: bytesOf(content) };
  if (variant === "timelockencrypted") return { kind: "timelocked", data: bytesOf(sealedBytes(content)) };
  return { kind: variant === "none" ? "none" : "other", data: "0x" };
}

function sealedBytes(content: unknown): unknown {
  return typeof content === "object" && content !== null && "encrypted" in content ? content.encrypted : "0x";
}

function bytesOf(content: unknown): Hex {
  const text = typeof content === "string" && /^0x(?:[0-9a-f]{2})*$/.test(content) ? content : "0x";
  return cut(fromHex(text));
}

function plaintext(data: string): Hex {
  return cut(withoutCompactPrefix(fromHex(bytesOfText(data))));
}

/** The library may show a byte string as text when asked; as JSON it is hexadecimal. */
function bytesOfText(data: string): string {
  return /^0x(?:[0-9a-f]{2})*$/.test(data) ? data : "0x";
}

/** One byte more than a claim may have, so that it stays recognisable as too long. */
function cut(bytes: Uint8Array): Hex {
  return toHex(bytes.subarray(0, MAX_CLAIM_BYTES + 1));
}
