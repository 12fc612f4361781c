import type { V15 } from "@polkadot-api/substrate-bindings";
import { toHex } from "./cursor.ts";
import type { Pallet, StorageItem, StorageKeys } from "./notation.ts";
import { within } from "./scale-error.ts";
import type { TypeCodecs } from "./type-codecs.ts";
import type { TypeList } from "./type-list.ts";

type V15Pallet = V15["pallets"][number];
type V15Item = NonNullable<V15Pallet["storage"]>["items"][number];
type V15Constant = V15Pallet["constants"][number];

/** The second half of describing something: its values, encoded once all types are known. */
export type Finish<T> = (codecs: TypeCodecs) => T;

/** A pallet in the layout of the metadata. Its types are listed at once, its values when `Finish` is called. */
export function describePallet(types: TypeList, pallet: Pallet): Finish<V15Pallet> {
  const { name, index, calls, events, errors, storage, constants = {} } = pallet;
  const kind = (list: unknown, suffix: string): number | undefined =>
    list === undefined ? undefined : types.id(`${name}::${suffix}`);
  const head = { name, calls: kind(calls, "Call"), events: kind(events, "Event"), errors: kind(errors, "Error") };
  const items = Object.entries(storage ?? {}).map(([item, shape]) => describeItem(types, [name, item], shape));
  const values = Object.entries(constants).map(([constant, [type, value]]): Finish<V15Constant> => {
    const finish = describeValue(types, `${name}.${constant}`, type, value);
    return (codecs) => ({ name: constant, type: types.id(type), value: finish(codecs), docs: [] });
  });
  return (codecs) => ({
    ...head,
    storage: storage === undefined ? undefined : { prefix: name, items: items.map((finish) => finish(codecs)) },
    constants: values.map((finish) => finish(codecs)),
    index,
    docs: [],
  });
}

function describeItem(types: TypeList, [pallet, name]: readonly [string, string], item: StorageItem): Finish<V15Item> {
  const type = describeKeys(types, item.keys, types.id(item.value));
  const { fallback } = item;
  if (fallback === undefined) return () => ({ name, modifier: 0, type, fallback: "0x00", docs: [] });
  const finish = describeValue(types, `${pallet}.${name}`, item.value, fallback.value);
  return (codecs) => ({ name, modifier: 1, type, fallback: finish(codecs), docs: [] });
}

function describeKeys(types: TypeList, keys: StorageKeys, value: number): V15Item["type"] {
  if (keys.length === 0) return { tag: "plain", value };
  const texts = keys.map(([, type]) => type);
  const key = types.id(texts.length === 1 ? (texts[0] ?? "()") : `(${texts.join(",")})`);
  return { tag: "map", value: { hashers: keys.map(([tag]) => ({ tag, value: undefined })), key, value } };
}

function describeValue(types: TypeList, label: string, type: string, value: unknown): Finish<string> {
  const id = types.id(type);
  return (codecs) => {
    try {
      return toHex(codecs.codec(id).enc(value));
    } catch (error) {
      throw within(error, label);
    }
  };
}
