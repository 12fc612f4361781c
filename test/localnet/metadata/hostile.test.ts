import { describe, expect, it } from "vitest";
import { localRuntime, runtimeFromMetadata } from "../../../src/localnet/metadata/registry.ts";
import { ScaleError } from "../../../src/localnet/metadata/scale-error.ts";
import { TypeCodecs } from "../../../src/localnet/metadata/type-codecs.ts";
import { readMetadata } from "../../../src/localnet/metadata/versions.ts";
import { hex, NoValue, randomValue, seeded } from "./values.ts";

const runtime = localRuntime({ blockMs: 250 });
const { model } = readMetadata(runtime.v15);
const { types } = new TypeCodecs(model.lookup);

/** Runs a decoder on hostile bytes: a value or a `ScaleError`, nothing else. */
function tried(run: () => unknown): "value" | "refused" {
  try {
    run();
    return "value";
  } catch (error) {
    if (error instanceof ScaleError) return "refused";
    throw error;
  }
}

function random(seed: number): (length: number) => Uint8Array {
  const next = seeded(seed);
  return (length) => Uint8Array.from({ length }, () => Math.floor(next() * 256));
}

describe("hostile bytes", () => {
  it("random extrinsics and calls end in typed errors", () => {
    const bytes = random(1);
    for (let round = 0; round < 4000; round += 1) {
      const noise = bytes(round % 90);
      tried(() => runtime.decodeCall(noise));
      tried(() => runtime.decodeExtrinsic(noise));
      const withPrefix = new Uint8Array([noise.length << 2, ...noise.subarray(0, 63)]);
      if (noise.length > 0) withPrefix[1] = round % 2 === 0 ? 0x84 : 0x04;
      tried(() => runtime.decodeExtrinsic(withPrefix));
    }
  });

  it("damaged, cut and lengthened values of real types end in typed errors", () => {
    const next = seeded(2);
    for (const pallet of model.pallets) {
      for (const item of pallet.storage?.items ?? []) {
        const codec = runtime.storage(pallet.name, item.name);
        const id = item.type.tag === "plain" ? item.type.value : item.type.value.value;
        let value: unknown;
        try {
          value = randomValue(types, id, next);
        } catch (error) {
          if (error instanceof NoValue) continue;
          throw error;
        }
        const good = codec.encode(value);
        expect(tried(() => codec.decode(new Uint8Array([...good, 0])))).toBe("refused");
        for (let cut = 0; cut < Math.min(good.length, 40); cut += 1) {
          expect(
            tried(() => codec.decode(good.subarray(0, cut))),
            `${pallet.name}.${item.name} ${cut}`,
          ).toBe("refused");
        }
        const damaged = new Uint8Array(good);
        for (let at = 0; at < Math.min(damaged.length, 40); at += 1) {
          damaged[at] = Math.floor(next() * 256);
          tried(() => codec.decode(damaged));
        }
      }
    }
  });

  it("counts are bounded by what is left, before anything is allocated", () => {
    const huge = "feffffff";
    expect(() => runtime.storage("SubtensorModule", "LastUpdate").decode(hex(`${huge}00`))).toThrow(
      /SubtensorModule.LastUpdate: says \d+ elements, at most 0 fit/,
    );
    expect(() => runtime.storage("SubtensorModule", "TokenSymbol").decode(hex(`${huge}00`))).toThrow(/says \d+ bytes/);
    expect(() => runtime.storage("System", "Events").decode(hex("0fffffffffffffffffff"))).toThrow(ScaleError);
  });

  it("calls nested without end are refused, a few levels are not", () => {
    const nested = (depth: number): Uint8Array => {
      let call = runtime.encodeCall("System", "remark", { remark: new Uint8Array() });
      for (let level = 0; level < depth; level += 1) call = new Uint8Array([11, 0, 4, ...call]);
      return call;
    };
    expect(runtime.decodeCall(nested(8)).pallet).toBe("Utility");
    expect(() => runtime.decodeCall(nested(5000))).toThrow(/nested more than 16 times/);
    expect(runtime.decodeCall(nested(8)).call).toBe("batch");
  });

  it("bool, Option, compact, era, text: only the canonical forms", () => {
    const enabled = runtime.storage("SubtensorModule", "CommitRevealWeightsEnabled");
    expect(() => enabled.decode(hex("02"))).toThrow("SubtensorModule.CommitRevealWeightsEnabled: bool byte 2");
    const next = runtime.api("SubnetInfoRuntimeApi", "get_next_epoch_start_block");
    expect(() => next?.decodeOutput(hex("020000000000000000"))).toThrow(/Option byte 2/);
    const remark = (length: string): Uint8Array => hex(`0000${length}`);
    expect(tried(() => runtime.decodeCall(remark("00")))).toBe("value");
    for (const long of ["0100", "02000000", "0300000000", "0700000000000000"]) {
      expect(() => runtime.decodeCall(remark(long))).toThrow(/not in its shortest form/);
    }
    expect(() => runtime.storage("System", "LastRuntimeUpgrade").decode(hex("0408ff41"))).toThrow(/text is not UTF-8/);
  });

  it("extrinsics: wrong length, wrong version, unknown signature", () => {
    const bare = runtime.encodeInherent(runtime.encodeCall("Timestamp", "set", { now: 1 }));
    expect(() => runtime.decodeExtrinsic(new Uint8Array([...bare, 0]))).toThrow(
      /extrinsic: says \d+ bytes, \d+ follow/,
    );
    const version5 = new Uint8Array(bare);
    version5[1] = 5;
    expect(() => runtime.decodeExtrinsic(version5)).toThrow(/format 5 is not 4 or 132/);
    expect(() => runtime.decodeExtrinsic(new Uint8Array())).toThrow(ScaleError);
    expect(() =>
      runtime.signedBytes(runtime.decodeExtrinsic(bare), {
        genesisHash: new Uint8Array(32),
        eraBlockHash: new Uint8Array(32),
      }),
    ).toThrow(/unsigned/);
  });

  it("reads from the middle of a larger buffer", () => {
    const call = runtime.encodeCall("System", "remark", { remark: Uint8Array.of(1, 2, 3) });
    const around = new Uint8Array([9, 9, 9, ...call, 9, 9]);
    const view = around.subarray(3, 3 + call.length);
    expect(runtime.decodeCall(view)).toEqual({
      pallet: "System",
      call: "remark",
      args: { remark: Uint8Array.of(1, 2, 3) },
    });
    expect(runtime.decodeCall(Buffer.from(call)).call).toBe("remark");
  });

  it("no metadata: says so", () => {
    expect(() => runtimeFromMetadata(new Uint8Array())).toThrow(/first four bytes are not "meta"/);
    expect(() => runtimeFromMetadata(Buffer.from("metadata"))).toThrow(/version 100 is not supported/);
    expect(() => runtimeFromMetadata(runtime.v15.subarray(0, 20_000))).toThrow(
      /damaged runtime metadata of version 15/,
    );
    expect(() => runtimeFromMetadata(new Uint8Array([...runtime.v15, 0]))).toThrow(/damaged/);
  });
});
