import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LinkError } from "../../../src/adapters/chain/chain-fault.ts";
import { commitmentOf, fieldOf } from "../../../src/adapters/chain/commitment-rows.ts";
import { type ChainConnection, connectChain } from "../../../src/adapters/chain/connection.ts";
import { commitCall, signExtrinsic, weightsCall } from "../../../src/adapters/chain/extrinsic.ts";
import { knowsLayout, readRegistration } from "../../../src/adapters/chain/registration.ts";
import { decodeStorage } from "../../../src/adapters/chain/view.ts";
import { fromHex, toHex } from "../../../src/core/determinism/digest.ts";
import { isFault } from "../../../src/core/model/fault.ts";
import type { Hex } from "../../../src/core/model/ids.ts";
import { localRuntime } from "../../../src/localnet/metadata/registry.ts";
import type { Signer } from "../../../src/ports/signer.ts";
import { SILENT } from "../../../src/ports/telemetry.ts";
import { basics, FINNEY, realMetadata, type ScriptedNode, scriptedNode } from "./scripted-node.ts";

/** Bytes that others made and read (`about` in the files), through the tables of a real runtime. */
interface Commitments {
  readonly commitmentOf: readonly {
    readonly name: string;
    readonly bytes: string;
    readonly block: number;
    readonly fields: readonly { readonly variant: string; readonly bytes?: string; readonly encrypted?: string }[];
  }[];
  readonly bad: readonly { readonly name: string; readonly bytes: string }[];
  readonly revealed: readonly {
    readonly name: string;
    readonly bytes: string;
    readonly texts: readonly (readonly [number | string, string])[];
  }[];
}
interface Extrinsics {
  readonly signer: { readonly public_key: string; readonly ss58: string };
  readonly extrinsics: readonly {
    readonly call: string;
    readonly args: { netuid: number; mecid?: number; dests: number[]; weights: number[]; version_key: string };
    readonly era: { readonly period: number; readonly current: number };
    readonly nonce: number;
    readonly birth_hash: string;
    readonly payload: string;
    readonly signature: string;
    readonly extrinsic: string;
    readonly extrinsic_hash: string;
  }[];
}

interface CommitCalls {
  readonly calls: readonly {
    readonly call: string;
    readonly args: {
      readonly netuid: number;
      readonly mecid?: number;
      readonly commit: Hex;
      readonly reveal_round: number | string;
      readonly commit_reveal_version: number;
    };
    readonly bytes: string;
  }[];
}

const read = (name: string): unknown => JSON.parse(readFileSync(`test/vectors/${name}`, "utf8"));
const commitments = read("commitments.json") as Commitments;
const extrinsics = read("weight-extrinsics.json") as Extrinsics;
const commitCalls = read("commit-calls.json") as CommitCalls;
const TABLES = [
  ["our own runtime definition", localRuntime({ blockMs: 250 }).v15],
  ["a real runtime (SUBTENSOR_METADATA_DIR)", realMetadata("subtensor-461.v15.scale")],
] as const;
const OWNER = extrinsics.signer.ss58;

describe.each(TABLES)("with the tables of %s", (_name, metadata) => {
  if (metadata === null) {
    test.skip("SUBTENSOR_METADATA_DIR is not set", () => undefined);
    return;
  }
  let node: ScriptedNode;
  let connection: ChainConnection;

  beforeAll(async () => {
    // The calls and their extensions are the same in 424 and 461 (chain-newest.md §2.2); the spec version is signed.
    node = await scriptedNode(basics({ metadata, specVersion: 424, genesis: FINNEY, chain: "Bittensor" }));
    const connected = await connectChain({
      endpoints: [node.url],
      expectedGenesis: FINNEY,
      signal: new AbortController().signal,
      telemetry: SILENT,
    });
    if (isFault(connected)) throw new Error(connected.message);
    connection = connected;
  });

  afterAll(async () => {
    await connection[Symbol.asyncDispose]();
    await node[Symbol.asyncDispose]();
  });

  const decode = (item: string, bytes: string): unknown =>
    decodeStorage(connection.api, { pallet: "commitments", item, keys: [7, OWNER] }, `0x${bytes}`);

  test.each(commitments.commitmentOf)("the commitment row: $name", ({ bytes, block, fields }) => {
    const row = commitmentOf(OWNER, { of: decode("commitmentOf", bytes), last: block, texts: null });
    expect(row?.block).toBe(block);
    expect(row?.fields.map((field) => field.data)).toEqual(
      fields.map((field) => `0x${field.bytes ?? field.encrypted ?? ""}`),
    );
    expect(row?.fields.map((field) => field.kind)).toEqual(
      fields.map(({ variant }) => {
        if (/Raw/.test(variant)) return "raw";
        if (/256/.test(variant)) return "hash";
        if (variant === "TimelockEncrypted") return "timelocked";
        return variant === "None" ? "none" : "other";
      }),
    );
  });

  test.each(commitments.commitmentOf)("read by hand, or left to the library: $name", ({ bytes, block }) => {
    expect(knowsLayout(connection.api)).toBe(true);
    const slow = commitmentOf(OWNER, { of: decode("commitmentOf", bytes), last: null, texts: null });
    const quick = readRegistration(fromHex(`0x${bytes}`));
    const usual = slow.fields.every((field) => ["none", "raw", "hash"].includes(field.kind));
    expect(quick).toEqual(usual ? { block, fields: slow.fields } : null);
  });

  test("of bytes put together at random, by hand is read only what the library reads the same", () => {
    const part = fc.oneof(
      fc
        .integer({ min: 0, max: 140 })
        .chain((variant) =>
          fc
            .uint8Array({ minLength: Math.max(0, variant - 1), maxLength: Math.max(0, variant - 1) })
            .map((data) => [variant, ...data]),
        ),
      fc.uint8Array({ maxLength: 40 }).map((data) => [136, data.length * 4, ...data]),
      fc.uint8Array({ minLength: 32, maxLength: 32 }).map((data) => [131, ...data]),
    );
    const row = fc
      .tuple(
        fc.uint8Array({ minLength: 12, maxLength: 12 }),
        fc.integer({ min: 0, max: 4 }),
        fc.array(part, { maxLength: 3 }),
      )
      .map(([head, more, parts]) =>
        Uint8Array.from([...head, (parts.length + (more === 4 ? 1 : 0)) * 4, ...parts.flat()]),
      );
    fc.assert(
      fc.property(row, (bytes) => {
        const quick = readRegistration(bytes);
        if (quick === null) return;
        const slow = commitmentOf(OWNER, {
          of: decode("commitmentOf", toHex(bytes).slice(2)),
          last: null,
          texts: null,
        });
        expect(quick).toEqual({ block: slow.block, fields: slow.fields });
      }),
    );
  });

  test.each(commitments.bad)("nothing damaged is read by hand: $name", ({ bytes }) => {
    expect(readRegistration(fromHex(`0x${bytes}`))).toBeNull();
  });

  const revealed = commitments.revealed.filter(({ name }) => name !== "block above 2^53" && name !== "no entry");
  test.each(revealed)("revealed texts: $name", ({ name, bytes, texts }) => {
    const row = commitmentOf(OWNER, { of: null, last: null, texts: decode("revealedCommitments", bytes) });
    const shown = (text: string): Hex => (name === "not utf-8" ? (text as Hex) : toHex(new TextEncoder().encode(text)));
    expect(row?.revealed).toEqual(texts.map(([block, text]) => ({ block, data: shown(text) })));
  });

  const damaged = commitments.bad.filter(({ name }) => name !== "variant 137 on spec 424");
  test.each(damaged)("a damaged row is no commitment of anybody's: $name", ({ bytes }) => {
    expect(() => decode("commitmentOf", bytes)).toThrow(LinkError);
  });

  test("a timelock that could not be opened says nothing", () => {
    const of = decode("commitmentOf", "00000000000000003bd06a0004890861620000000000000000");
    expect(commitmentOf(OWNER, { of, last: null, texts: null })?.fields).toEqual([{ kind: "other", data: "0x" }]);
  });

  test.each(commitCalls.calls)("encodes $call of subnet $args.netuid as others do", ({ call, args, bytes }) => {
    const { netuid, mecid = 0, commit, reveal_round: round, commit_reveal_version: version } = args;
    const plain = connection.api.tx["subtensorModule"]?.["commitTimelockedWeights"];
    const made =
      call === "commit_timelocked_weights"
        ? plain?.(netuid, commit, round, version)
        : commitCall(
            connection.api,
            { netuid, mechid: mecid, epoch: 1 },
            { bytes: commit, round: round as number, version },
          )?.call;
    expect(made?.method.toHex()).toBe(`0x${bytes}`);
  });

  test.each(extrinsics.extrinsics)("signs $call with nonce $nonce as others do", (vector) => {
    const { args, era } = vector;
    const payloads: string[] = [];
    const signer: Signer = {
      hotkey: extrinsics.signer.ss58,
      publicKey: `0x${extrinsics.signer.public_key}`,
      cryptoType: "sr25519",
      wellKnown: false,
      sign: (message) => {
        if (message.kind === "extrinsic") payloads.push(toHex(message.payload));
        return `0x${vector.signature}`;
      },
    };
    const plan = {
      cycle: { netuid: args.netuid, mechid: args.mecid ?? 0, epoch: 1 },
      targets: [],
      uids: args.dests,
      values: args.weights,
      versionKey: String(args.version_key),
      vectorDigest: FINNEY as Hex,
    };
    const plain = connection.api.tx["subtensorModule"]?.["setWeights"];
    const call =
      vector.call === "set_weights"
        ? plain?.(args.netuid, args.dests, args.weights, args.version_key)
        : weightsCall(connection.api, plan)?.call;
    if (call === undefined) throw new Error("the runtime has no such call");
    const signed = signExtrinsic(connection.api, signer, {
      call,
      nonce: vector.nonce,
      era: { birth: era.current, birthHash: `0x${vector.birth_hash}`, period: era.period },
    });
    expect(payloads).toEqual([`0x${vector.payload}`]);
    expect(signed).toEqual({ bytes: `0x${vector.extrinsic}`, hash: `0x${vector.extrinsic_hash}` });
  });
});

test.each<[unknown, unknown]>([
  ["none", { kind: "none", data: "0x" }],
  [{ raw2: "0x6162" }, { kind: "raw", data: "0x6162" }],
  [{ Raw2: "0x6162" }, { kind: "raw", data: "0x6162" }],
  [{ rawhide: "0x61" }, { kind: "other", data: "0x" }],
  [{ raw2: 7 }, { kind: "raw", data: "0x" }],
  [{ timelockEncrypted: null }, { kind: "timelocked", data: "0x" }],
  [{}, { kind: "other", data: "0x" }],
])("a field as the library shows it: %j", (field, expected) => {
  expect(fieldOf(field as never)).toEqual(expected);
});
