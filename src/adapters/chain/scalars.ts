import * as z from "zod";
import type { Hex } from "../../core/model/ids.ts";
import { count, natural, parseAnswer } from "./answers.ts";
import { unsupportedRuntime } from "./chain-fault.ts";
import { decodeStorage, type Reads, type StorageItem, storageKey } from "./view.ts";

/** Single values of one block, got with one request, by the library's name of their item. */
export interface Scalars {
  /** False when the runtime has no such item. */
  has(item: string): boolean;
  /** As JSON; null for an optional one without a value, undefined for an item that the runtime does not have. */
  json(item: string): unknown;
  /** The stored bytes, null without. */
  raw(item: string): Hex | null;
  /** These three: @throws LinkError for a value that is none, ValidatorError `runtime-unsupported` for a missing item. */
  count(item: string): number;
  natural(item: string): bigint;
  flag(item: string): boolean;
  /** A value that may be missing, as may its item. @throws LinkError. */
  optionalCount(item: string): number | null;
}

/** @throws LinkError, RpcError. */
export async function readScalars(reads: Reads, items: readonly StorageItem[]): Promise<Scalars> {
  const { tables } = reads;
  const known = new Map(items.map((item) => [item.item, { item, key: storageKey(tables, item) }]));
  const values = await reads.raw([...known.values()].flatMap(({ key }) => (key === null ? [] : [key])));
  const raw = (name: string): Hex | null => values.get(known.get(name)?.key ?? "") ?? null;
  const has = (name: string): boolean => typeof known.get(name)?.key === "string";
  const json = (name: string): unknown => {
    const found = known.get(name);
    return found === undefined || found.key === null ? undefined : decodeStorage(tables, found.item, raw(name));
  };
  const needed = <T>(name: string, shape: z.ZodType<T>): T => {
    if (!has(name)) throw unsupportedRuntime(`storage item ${name}`);
    return parseAnswer(shape, json(name), name);
  };
  return {
    has,
    json,
    raw,
    count: (name) => needed(name, count),
    natural: (name) => needed(name, natural),
    flag: (name) => needed(name, z.boolean()),
    optionalCount: (name) => parseAnswer(count.nullish(), json(name), name) ?? null,
  };
}

/** Items of SubtensorModule with the same keys. */
export function subtensorItems(names: readonly string[], keys: readonly unknown[]): readonly StorageItem[] {
  return names.map((item) => ({ pallet: "subtensorModule", item, keys }));
}
