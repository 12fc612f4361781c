import { existsSync } from "node:fs";
import {
  type CycleView,
  type JournalView,
  type MechanismView,
  openJournalReadOnly,
} from "../adapters/journal/journal-view.ts";
import { currentPause } from "../adapters/journal/pause-file.ts";
import { loadConfig } from "../adapters/system/config.ts";
import { EXIT_CODES } from "../core/model/fault.ts";
import type { RecordKind } from "../core/model/record-base.ts";
import type { Pause } from "../ports/pause.ts";
import { submissionShape } from "./cycle-report.ts";
import type { StatusShape } from "./machine-types.ts";
import { type CommonOptions, overridesOf } from "./options.ts";
import type { Output } from "./output.ts";
import { standingLines, standingShape } from "./status-standing.ts";

type Mechanism = StatusShape["mechanisms"][number];

/** What the journal says now, read beside a running validator without disturbing it. */
export function status(options: CommonOptions & { readonly dryRun?: boolean }, output: Output): number {
  const { data } = loadConfig({ file: options.config, env: process.env, overrides: overridesOf(options) });
  const mode = options.dryRun === true ? "dry-run" : "run";
  using journal = openJournalReadOnly({ folder: data, mode });
  const pause = pauseShape(currentPause(data));
  const shape: StatusShape =
    journal === undefined
      ? { data, running: false, pause, moved: null, mechanisms: [], size: null }
      : {
          data,
          running: journal.isLocked(),
          pause,
          moved: movedShape(journal),
          mechanisms: journal.mechanisms().map((mechanism) => mechanismShape(mechanism, journal)),
          size: journal.size(),
        };
  for (const line of lines(shape)) output.say(line);
  output.document(shape);
  return EXIT_CODES.done;
}

function pauseShape(pause: Pause | null): StatusShape["pause"] {
  return { paused: pause !== null, since: pause?.since ?? null, reason: pause?.reason ?? null };
}

function movedShape(journal: JournalView): StatusShape["moved"] {
  const mark = journal.moved();
  return mark === null ? null : { at: new Date(mark.at).toISOString(), file: mark.file };
}

function mechanismShape(mechanism: MechanismView, journal: JournalView): Mechanism {
  const { netuid, mechid, sealedCycles, last, open } = mechanism;
  return {
    netuid,
    mechid,
    sealedCycles,
    standing: standingShape(mechanism, journal),
    last: last === null ? null : lastShape(last, journal),
    open: open.map(openShape),
  };
}

function lastShape({ key, sealed }: CycleView, journal: JournalView): NonNullable<Mechanism["last"]> {
  const submission = journal.record(key, "submission");
  const bundle = sealed?.bundle ?? "";
  return {
    epoch: key.epoch,
    seal: sealed?.seal ?? "",
    sealedAt: typeof sealed?.at === "number" ? new Date(sealed.at).toISOString() : null,
    bundle,
    bundlePresent: existsSync(bundle),
    submission: submission === undefined ? null : submissionShape(submission),
  };
}

/** What an open cycle is about to do, by the newest record it has. */
const NEXT: readonly (readonly [RecordKind, Mechanism["open"][number]["stage"]])[] = [
  ["submission", "seal"],
  ["weight-vector", "submit"],
  ["score-sheet", "weigh"],
  ["challenge", "ask-and-judge"],
  ["roster", "challenge"],
  ["snapshot", "discover"],
];

function openShape({ key, records, announced, claimed, steps }: CycleView): Mechanism["open"][number] {
  const stage = NEXT.find(([kind]) => Object.hasOwn(records, kind))?.[1] ?? "observe";
  const { response = 0, judgement = 0 } = records;
  return { epoch: key.epoch, stage, announced, responses: response, judgements: judgement, claimed, steps: [...steps] };
}

function lines({ data, running, pause, moved, mechanisms, size }: StatusShape): readonly string[] {
  if (size === null) return [`${data}: no cycle yet`, ...pauseLines(pause)];
  return [
    `${data}: ${running ? "a process is working with it" : "no process is working with it"}`,
    ...pauseLines(pause),
    ...(moved === null
      ? []
      : [`moved away to ${moved.file} at ${moved.at}: nothing runs here until a journal is imported`]),
    ...mechanisms.flatMap(mechanismLines),
    `journal ${megabytes(size.journalBytes)}, ${size.bundles} bundles ${megabytes(size.bundleBytes)}, free on the disk ${megabytes(size.freeBytes)}`,
  ];
}

function pauseLines({ paused, since, reason }: StatusShape["pause"]): readonly string[] {
  if (!paused) return [];
  return [`submissions are paused${since === null ? "" : ` since ${since}`}${reason === null ? "" : ` (${reason})`}`];
}

function mechanismLines({ netuid, mechid, sealedCycles, standing, last, open }: Mechanism): readonly string[] {
  const head = `subnet ${netuid}, mechanism ${mechid}: ${sealedCycles} cycles sealed`;
  const sealed = last === null ? [] : lastLines(last);
  const running = open.map(
    ({ epoch, stage, announced, responses, judgements, steps }) =>
      `  open: epoch ${epoch}, next ${stage}; ${responses} responses, ${judgements} judgements, ${announced} calls announced${steps.length === 0 ? "" : `; submission ${steps.join(", ")}`}`,
  );
  const newest = open.at(-1)?.epoch ?? last?.epoch ?? null;
  return [head, ...standingLines(standing, newest), ...sealed, ...running];
}

function lastLines({ epoch, sealedAt, bundle, bundlePresent, submission }: NonNullable<Mechanism["last"]>): string[] {
  const how = submission === null ? "unknown" : `${submission.kind}, ${submission.state}`;
  const block = submission?.block === undefined ? "" : ` in block ${submission.block}`;
  const reason = submission?.reason === undefined ? "" : ` (${submission.reason})`;
  return [
    `  last: epoch ${epoch}${sealedAt === null ? "" : `, sealed ${sealedAt}`}; weights ${how}${block}${reason}`,
    `  bundle: ${bundle}${bundlePresent ? "" : " (not there any more)"}`,
  ];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
