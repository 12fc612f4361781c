import { type AnyCodec, type Cursor, codecOf, need } from "./cursor.ts";
import { describe, ScaleError } from "./scale-error.ts";
import { isRecord } from "./scale-shapes.ts";
import type { Writer } from "./writer.ts";

interface MortalEra {
  readonly period: number;
  readonly phase: number;
}

/** Path of the one type that has an encoding of its own, in spite of 256 variants in the metadata. */
export const ERA_PATH: string = "sp_runtime::generic::era::Era";

function quantum(period: number): number {
  return Math.max(1, period >> 12);
}

function isEra(period: number, phase: number): boolean {
  const power = Number.isInteger(Math.log2(period)) && period >= 4 && period <= 65536;
  return power && Number.isInteger(phase) && phase >= 0 && phase < period && phase % quantum(period) === 0;
}

function write(out: Writer, value: unknown): void {
  if (value === undefined || value === null) {
    out.u8(0);
    return;
  }
  const period = isRecord(value) ? value["period"] : undefined;
  const phase = isRecord(value) ? value["phase"] : undefined;
  if (typeof period !== "number" || typeof phase !== "number" || !isEra(period, phase)) {
    throw new ScaleError(
      `${describe(value)} is no era: period is a power of two from 4 to 65536, phase a step below it`,
    );
  }
  out.u16((Math.log2(period) - 1) | ((phase / quantum(period)) << 4));
}

function read(bytes: Cursor): MortalEra | undefined {
  need(bytes, 1);
  const first = bytes[bytes.i] ?? 0;
  bytes.i += 1;
  if (first === 0) return undefined;
  need(bytes, 1);
  const bits = first | ((bytes[bytes.i] ?? 0) << 8);
  bytes.i += 1;
  const period = 2 << (bits & 15);
  const phase = (bits >> 4) * quantum(period);
  if (period < 4 || phase >= period) throw new ScaleError("era with a phase outside its period");
  return { period, phase };
}

/** An era: undefined for immortal (one byte 0), else period and phase in two bytes (chain.md §3.8). */
export const eraCodec: AnyCodec = codecOf(write, read);
