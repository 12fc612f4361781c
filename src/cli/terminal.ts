import { createInterface, type Interface } from "node:readline";
import { Writable } from "node:stream";
import { ValidatorError } from "../core/model/fault.ts";
import { Stopped } from "./lifecycle.ts";

interface Reader {
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

/** Questions to a person. They go to standard error: stdout is for results. */
export class Terminal implements Disposable {
  readonly #output: NodeJS.WritableStream;
  readonly #lines: Interface;
  readonly #waiting: string[] = [];
  #reader: Reader | undefined;
  #ended: Error | undefined;
  /** What is typed shows only while an answer to an open question is read: text pasted ahead may be a secret. */
  #shown = false;

  constructor(input: NodeJS.ReadableStream = process.stdin, output: NodeJS.WritableStream = process.stderr) {
    this.#output = output;
    const echo = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        if (this.#shown) output.write(chunk);
        done();
      },
    });
    this.#lines = createInterface({ input, output: echo, terminal: true, historySize: 0, prompt: "" });
    this.#lines.on("line", (line) => this.#take(line));
    this.#lines.on("SIGINT", () => this.#end(new Stopped("SIGINT")));
    this.#lines.on("close", () => this.#end(inputEnded()));
  }

  /** The answer to a question, without the white space around it; the default for an empty one. */
  async ask(question: string, usual?: string): Promise<string> {
    this.#output.write(`${question}${usual === undefined ? "" : ` [${usual}]`}: `);
    const answer = (await this.#line(true)).trim();
    return answer === "" ? (usual ?? "") : answer;
  }

  /** The same for a secret, as it was typed and without showing it: blanks may be part of a password. */
  async askHidden(question: string): Promise<string> {
    this.#output.write(`${question}: `);
    const answer = await this.#line(false);
    this.#output.write("\n");
    return answer;
  }

  say(text: string): void {
    this.#output.write(`${text}\n`);
  }

  [Symbol.dispose](): void {
    this.#lines.close();
  }

  #line(shown: boolean): Promise<string> {
    const line = this.#waiting.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    this.#shown = shown;
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  #take(line: string): void {
    const reader = this.#reader;
    this.#reader = undefined;
    this.#shown = false;
    if (reader === undefined) this.#waiting.push(line);
    else reader.resolve(line);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    this.#reader?.reject(error);
    this.#reader = undefined;
  }
}

function inputEnded(): ValidatorError {
  return new ValidatorError("The input ended before every question was answered.", {
    exit: "configuration",
    code: "input-ended",
    blame: "validator",
    remedy: "Answer the questions, or give the answers as flags: touchstone init --help.",
  });
}
