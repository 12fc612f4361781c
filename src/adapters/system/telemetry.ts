import { pino } from "pino";
import type { Telemetry } from "../../ports/telemetry.ts";
import { ProgressLine } from "./progress-line.ts";
import { safeFacts } from "./safe-facts.ts";

export interface TelemetryOptions {
  /** The least that is shown; `warn` also silences progress. */
  readonly level: "debug" | "info" | "warn";
  /** For programs: one JSON document a line, unless a person is looking. */
  readonly json: boolean;
  /** Where it goes; standard error. */
  readonly stream?: TelemetryStream;
  /** Milliseconds that never go backwards. */
  readonly monotonic?: () => number;
}

export interface TelemetryStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * Events and progress on standard error (stdout belongs to results). Facts pass an allow-list of plain short values before
 * anything is written, so that no caller can print a secret or an answer by mistake.
 */
export function openTelemetry(options: TelemetryOptions): Telemetry {
  const stream: TelemetryStream = options.stream ?? process.stderr;
  const person = stream.isTTY === true;
  const line = new ProgressLine(stream, options.monotonic ?? (() => performance.now()));
  const write =
    options.json && !person ? (text: string) => stream.write(text) : (text: string) => line.above(human(text));
  const log = pino(
    {
      level: options.level,
      base: null,
      messageKey: "event",
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    { write },
  );
  return {
    event: (level, name, facts) => log[level](safeFacts(facts), name),
    progress: (stage, done, total) => {
      if (options.level === "warn") return;
      if (options.json && !person) {
        if (line.isDue(stage, done, total)) log.info({ stage, done, total }, "progress");
      } else line.show(stage, done, total);
    },
  };
}

/** `12:34:56 warn  event name=value …` from a line of JSON that this file made. */
function human(text: string): string {
  const { time, level, event, ...facts } = JSON.parse(text) as Record<string, unknown>;
  const pairs = Object.entries(facts).map(([name, value]) => `${name}=${shown(value)}`);
  return [String(time).slice(11, 19), String(level).padEnd(5), event, ...pairs].join(" ");
}

/** JSON's own escapes keep control characters of strangers off the terminal; the others it leaves are escaped here. */
function shown(value: unknown): string {
  if (typeof value === "string" && /^[\w./:@+-]+$/.test(value)) return value;
  return JSON.stringify(value).replaceAll(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
