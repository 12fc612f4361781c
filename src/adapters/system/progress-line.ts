import type { TelemetryStream } from "./telemetry.ts";

const BAR = 24;
/** Between two drawings of the bar, and between two plain lines, in milliseconds. */
const REDRAW = 100;
const PLAIN = 5000;

/** Progress of one thing after another: a bar on a terminal, elsewhere a plain line every few seconds and at the end. */
export class ProgressLine {
  readonly #stream: TelemetryStream;
  readonly #monotonic: () => number;
  #stage = "";
  #last = 0;
  #bar = "";

  constructor(stream: TelemetryStream, monotonic: () => number) {
    this.#stream = stream;
    this.#monotonic = monotonic;
  }

  /** Writes a whole line; a bar that is there moves below it. */
  above(line: string): void {
    this.#stream.write(this.#bar === "" ? `${line}\n` : `\r\u001b[K${line}\n${this.#bar}`);
  }

  show(stage: string, done: number, total: number): void {
    if (!this.isDue(stage, done, total)) return;
    if (this.#stream.isTTY !== true) {
      this.#stream.write(`${stage}: ${done} of ${total}\n`);
      return;
    }
    const filled = total > 0 ? Math.min(BAR, Math.floor((done / total) * BAR)) : BAR;
    const bar = `${"█".repeat(filled)}${"░".repeat(BAR - filled)} ${stage} ${done}/${total}`;
    const over = done >= total;
    this.#stream.write(`\r\u001b[K${bar}${over ? "\n" : ""}`);
    this.#bar = over ? "" : bar;
  }

  /** Whether this step is worth showing: the first and last of a stage, and one every while. */
  isDue(stage: string, done: number, total: number): boolean {
    const now = this.#monotonic();
    const due =
      stage !== this.#stage || done >= total || now - this.#last >= (this.#stream.isTTY === true ? REDRAW : PLAIN);
    if (!due) return false;
    this.#stage = done >= total ? "" : stage;
    this.#last = now;
    return true;
  }
}
