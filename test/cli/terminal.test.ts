import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { Stopped } from "../../src/cli/lifecycle.ts";
import { Terminal } from "../../src/cli/terminal.ts";

function open(): { readonly terminal: Terminal; readonly input: PassThrough; readonly shown: () => string } {
  const input = new PassThrough();
  const output = new PassThrough();
  let shown = "";
  output.on("data", (chunk: Buffer) => (shown += chunk.toString()));
  return { terminal: new Terminal(input, output), input, shown: () => shown };
}

describe("questions", () => {
  test("give back the answer, or the default for an empty one, and show what is typed", async () => {
    const { terminal, input, shown } = open();
    const first = terminal.ask("Network", "finney");
    input.write("test\r");
    expect(await first).toBe("test");
    const second = terminal.ask("Network", "finney");
    input.write("\r");
    expect(await second).toBe("finney");
    expect(shown()).toContain("Network [finney]: test\r\n");
    terminal[Symbol.dispose]();
  });

  test("for a secret show nothing of it, with corrections too", async () => {
    const { terminal, input, shown } = open();
    const answer = terminal.askHidden("Key");
    input.write("cpk_canarx\u007f");
    input.write("y\r");
    expect(await answer).toBe("cpk_canary");
    expect(shown()).toBe("Key: \n");
    terminal[Symbol.dispose]();
  });

  test("answered ahead are answered in order, and what was pasted ahead is not shown", async () => {
    const { terminal, input, shown } = open();
    const first = terminal.ask("Name");
    input.write("a\rcanary\rb\r");
    expect([await first, await terminal.askHidden("Key"), await terminal.ask("Other")]).toEqual(["a", "canary", "b"]);
    expect(shown()).not.toContain("canary");
    terminal[Symbol.dispose]();
  });

  test("end with Ctrl-C as stopped, and with the end of the input as a sentence", async () => {
    const stopped = open();
    const first = stopped.terminal.askHidden("Key");
    stopped.input.write("\u0003");
    await expect(first).rejects.toBeInstanceOf(Stopped);
    const ended = open();
    const second = ended.terminal.ask("Name");
    ended.input.end();
    await expect(second).rejects.toMatchObject({ exit: "configuration", code: "input-ended" });
    await expect(ended.terminal.ask("Again")).rejects.toMatchObject({ code: "input-ended" });
  });
});
