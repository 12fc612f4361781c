import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers every POST with the same bytes at once: `/json` whole, everything else as 200 events in chunks of their own. */
const EVENTS = 200;
const common = { id: "chatcmpl-0123456789abcdef0123456789abcdef", created: 1_790_000_000, model: "miner/model" };

function event(content: string, done: number): string {
  const usage = { prompt_tokens: 60, total_tokens: 60 + done, completion_tokens: done };
  const choices = [{ index: 0, delta: { content }, logprobs: null, finish_reason: done === EVENTS ? "stop" : null }];
  const whole = { ...common, object: "chat.completion.chunk", choices, usage, chutes_verification: "0".repeat(32) };
  return `data: ${JSON.stringify(whole)}\n\n`;
}

const events = Array.from({ length: EVENTS }, (_, index) => event("word ", index + 1));
events.push("data: [DONE]\n\n");
const message = { role: "assistant", content: "word ".repeat(EVENTS), tool_calls: [] };
const json = JSON.stringify({
  ...common,
  object: "chat.completion",
  choices: [{ index: 0, message, logprobs: null, finish_reason: "stop", stop_reason: null }],
  usage: { prompt_tokens: 60, total_tokens: 260, completion_tokens: 200 },
});

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume().on("end", () => {
    if (request.url === "/json") {
      response.writeHead(200, { "content-type": "application/json" }).end(json);
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.cork();
    for (const one of events) response.write(one);
    response.uncork();
    response.end();
  });
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
process.stdin.resume().on("end", () => process.exit());
