import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { metadata } from "@polkadot-api/substrate-bindings";
import { describe, expect, it } from "vitest";
import { eraCodec } from "../../../src/localnet/metadata/era.ts";
import { localRuntime } from "../../../src/localnet/metadata/registry.ts";
import { TypeCodecs } from "../../../src/localnet/metadata/type-codecs.ts";
import { readMetadata } from "../../../src/localnet/metadata/versions.ts";
import { fromVector, hex, text } from "./values.ts";

interface Vectors {
  readonly signed_extensions: readonly string[];
  readonly storage: readonly {
    readonly pallet: string;
    readonly item: string;
    readonly modifier: "Optional" | "Default";
    readonly prefix: string;
    readonly default: string;
    readonly keys: readonly { readonly params: readonly unknown[]; readonly key: string }[];
  }[];
  readonly values: readonly { readonly what: string; readonly value: unknown; readonly bytes: string }[];
  readonly inputs: readonly { readonly call: string; readonly args: Record<string, unknown>; readonly bytes: string }[];
  readonly outputs: readonly {
    readonly api: string;
    readonly method: string;
    readonly value: unknown;
    readonly bytes: string;
  }[];
  readonly calls: readonly {
    readonly pallet: string;
    readonly call: string;
    readonly args: Record<string, unknown>;
    readonly bytes: string;
  }[];
  readonly eras: readonly { readonly effective_period: number; readonly phase: number; readonly bytes: string }[];
  readonly signer: string;
  readonly extrinsics: readonly {
    readonly pallet: string;
    readonly call: string;
    readonly era: { readonly bytes: string } | null;
    readonly nonce: number;
    readonly tip: string;
    readonly genesis_hash: string;
    readonly birth_hash: string;
    readonly extra: string;
    readonly signed_message: string;
    readonly signature: string;
    readonly extrinsic: string;
  }[];
}

const file = new URL("../../vectors/localnet-scale.json", import.meta.url);
const vectors = JSON.parse(readFileSync(file, "utf8")) as Vectors;
const runtime = localRuntime({ blockMs: 12_000 });
const { model } = readMetadata(runtime.v15);
const { types } = new TypeCodecs(model.lookup);

function storageTypes(pallet: string, item: string): { readonly keys: readonly number[]; readonly value: number } {
  const found = model.pallets.find(({ name }) => name === pallet)?.storage?.items.find(({ name }) => name === item);
  if (found === undefined) throw new Error(`${pallet}.${item}`);
  if (found.type.tag === "plain") return { keys: [], value: found.type.value };
  const { def } = types.get(found.type.value.key);
  const several = found.type.value.hashers.length > 1 && def.tag === "tuple";
  return { keys: several ? def.value : [found.type.value.key], value: found.type.value.value };
}

describe("vectors of the SDKs", () => {
  it("lists the 13 extensions in order", () => {
    expect(model.extrinsic.signedExtensions.map(({ identifier }) => identifier)).toEqual(vectors.signed_extensions);
    expect(metadata.dec(runtime.v14).metadata.tag).toBe("v14");
  });

  it.each(vectors.storage.map((vector) => [`${vector.pallet}.${vector.item}`, vector] as const))(
    "storage %s: keys, modifier, default",
    (name, vector) => {
      const codec = runtime.storage(vector.pallet, vector.item);
      const { keys } = storageTypes(vector.pallet, vector.item);
      expect(codec.prefix).toBe(`0x${vector.prefix}`);
      expect(codec.modifier).toBe(vector.modifier);
      // The default beacon is the public one on the chain; ours is empty on purpose.
      if (name !== "Drand.BeaconConfig") expect(text(codec.fallback)).toBe(vector.default);
      for (const { params, key } of vector.keys) {
        const values = params.map((param, at) => fromVector(types, keys[at] ?? -1, param));
        expect(codec.key(...values)).toBe(`0x${key}`);
        expect(codec.decodeKey(`0x${key}`)).toEqual(values);
      }
    },
  );

  it.each(vectors.values.map((vector, at) => [`${at} ${vector.what}`, vector] as const))(
    "value %s",
    (_name, vector) => {
      const [pallet = "", item = ""] = vector.what.split(".");
      const codec = runtime.storage(pallet, item);
      const value = fromVector(types, storageTypes(pallet, item).value, vector.value);
      expect(text(codec.encode(value))).toBe(vector.bytes);
      expect(codec.decode(hex(vector.bytes))).toEqual(value);
    },
  );

  it("arguments of runtime calls", () => {
    for (const { call, args, bytes } of vectors.inputs) {
      const [api = "", method = ""] = call.split(/_(.*)/s);
      const codec = runtime.api(api, method);
      expect(text(codec?.encodeInput(Object.values(args)) ?? new Uint8Array())).toBe(bytes);
      expect(codec?.decodeInput(hex(bytes))).toEqual(Object.values(args));
    }
  });

  it.each(vectors.outputs.map((vector, at) => [`${at} ${vector.method}`, vector] as const))(
    "answer %s",
    (_name, vector) => {
      const codec = runtime.api(vector.api, vector.method);
      const output = model.apis
        .find(({ name }) => name === vector.api)
        ?.methods.find(({ name }) => name === vector.method)?.output;
      // Since spec 435 three collateral columns follow: empty vectors, or None each in the selective form.
      const grown = /graph/.test(vector.method) && vector.value !== null;
      const bytes = grown ? `${vector.bytes}000000` : vector.bytes;
      const added = { collateral_locked: null, collateral_min: null, collateral_earned: null };
      const empty = { collateral_locked: [], collateral_min: [], collateral_earned: [] };
      const value = grown
        ? { ...(vector.value as object), ...(vector.method === "get_metagraph" ? empty : added) }
        : vector.value;
      const ours = fromVector(types, output ?? -1, value);
      expect(text(codec?.encodeOutput(ours) ?? new Uint8Array())).toBe(bytes);
      expect(codec?.decodeOutput(hex(bytes))).toEqual(ours);
    },
  );

  it.each(vectors.calls.map((vector, at) => [`${at} ${vector.pallet}.${vector.call}`, vector] as const))(
    "call %s",
    (_name, vector) => {
      const outer = { [vector.pallet]: { [vector.call]: vector.args } };
      const value = fromVector(types, model.outerEnums.call, outer) as { value: { value: Record<string, unknown> } };
      const args = value.value.value;
      expect(text(runtime.encodeCall(vector.pallet, vector.call, args))).toBe(vector.bytes);
      expect(runtime.decodeCall(hex(vector.bytes))).toEqual({ pallet: vector.pallet, call: vector.call, args });
    },
  );

  it("eras", () => {
    for (const { effective_period: period, phase, bytes } of vectors.eras) {
      expect(text(eraCodec.enc({ period, phase }))).toBe(bytes);
      expect(eraCodec.dec(hex(bytes))).toEqual({ period, phase });
    }
    expect(text(eraCodec.enc(undefined))).toBe("00");
  });

  it("signed extrinsics: parts, and the bytes that were signed", async () => {
    const wasm = createRequire(import.meta.url)("@polkadot/wasm-crypto") as {
      waitReady(): Promise<boolean>;
      sr25519Verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
    };
    await wasm.waitReady();
    expect(vectors.extrinsics.length).toBeGreaterThan(5);
    for (const vector of vectors.extrinsics) {
      const decoded = runtime.decodeExtrinsic(hex(vector.extrinsic));
      const { signed } = decoded;
      expect(decoded.call.pallet).toBe(vector.pallet);
      expect(decoded.call.call).toBe(vector.call);
      expect(text(signed?.signer ?? new Uint8Array())).toBe(vectors.signer);
      expect(text(signed?.extensionBytes ?? new Uint8Array())).toBe(vector.extra);
      expect(signed?.nonce).toBe(vector.nonce);
      expect(signed?.tip).toBe(BigInt(vector.tip));
      expect(text(eraCodec.enc(signed?.era))).toBe(vector.era?.bytes ?? "00");
      const message = runtime.signedBytes(decoded, {
        genesisHash: hex(vector.genesis_hash),
        eraBlockHash: hex(vector.birth_hash),
        specVersion: 424,
        transactionVersion: 1,
      });
      expect(text(message)).toBe(vector.signed_message);
      expect(wasm.sr25519Verify(signed?.signature ?? new Uint8Array(), message, hex(vectors.signer))).toBe(true);
    }
  });
});
