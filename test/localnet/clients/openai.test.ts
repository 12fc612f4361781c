import { createHash, randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import OpenAI, {
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from "openai";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { epistulaV2Headers, epistulaV2Message } from "../../../src/core/signing/epistula.ts";
import { NOW, signHex, startWorld, type World } from "../chutes/chutes-client.ts";

/** The official client, unmodified: what it can do on the real platform it can do on the simulated one. */
let world: World;
let client: OpenAI;
beforeAll(async () => {
  world = await startWorld();
  client = clientWith();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

type Options = NonNullable<ConstructorParameters<typeof OpenAI>[0]>;

function clientWith(options: Options = {}): OpenAI {
  const { url, apiKey } = world.chutes;
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0, ...options });
}

const messages = [{ role: "user" as const, content: "Name three rivers and say where each of them ends." }];

async function firstModel(): Promise<string> {
  const [model] = (await client.models.list()).data;
  if (model === undefined) throw new Error("the platform lists no model");
  return model.id;
}

/** The text of a stream and what it used, as the client hands it out. */
async function streamed(
  openai: OpenAI,
  model: string,
): Promise<{ text: string; finish: string | null; tokens: number }> {
  const stream = await openai.chat.completions.create({
    model,
    messages,
    stream: true,
    stream_options: { include_usage: true },
  });
  const all = { text: "", finish: null as string | null, tokens: 0 };
  for await (const chunk of stream) {
    const [choice] = chunk.choices;
    all.text += choice?.delta.content ?? "";
    all.finish = choice?.finish_reason ?? all.finish;
    all.tokens = chunk.usage?.completion_tokens ?? all.tokens;
  }
  return all;
}

describe("on the llm host", () => {
  test("lists the models, page by page as its own iterator asks", async () => {
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids.length).toBeGreaterThan(2);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("chats: text, finish reason, usage and the id of the invocation", async () => {
    const model = await firstModel();
    const { data, response } = await client.chat.completions.create({ model, messages }).withResponse();
    expect(data.choices[0]?.message).toMatchObject({ role: "assistant", content: expect.stringMatching(/\S{3}/) });
    expect(data.choices[0]?.finish_reason).toBe("stop");
    expect(data.usage?.total_tokens).toBe((data.usage?.prompt_tokens ?? 0) + (data.usage?.completion_tokens ?? 0));
    expect(data.model).toBe(model);
    expect(response.headers.get("x-chutes-invocationid")).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("streams the very text it answers whole, with the same usage", async () => {
    const model = await firstModel();
    const whole = await client.chat.completions.create({ model, messages });
    const parts = await streamed(client, model);
    expect(parts).toEqual({
      text: whole.choices[0]?.message.content,
      finish: "stop",
      tokens: whole.usage?.completion_tokens,
    });
  });

  test("its streaming helper puts the parts together again", async () => {
    const model = await firstModel();
    const final = await client.chat.completions.stream({ model, messages }).finalChatCompletion();
    expect(final.choices[0]?.message.content).toMatch(/\S{3}/);
  });

  test("an answer cut at max_tokens says so", async () => {
    const answer = await client.chat.completions.create({ model: await firstModel(), messages, max_tokens: 2 });
    expect(answer.choices[0]?.finish_reason).toBe("length");
    expect(answer.usage?.completion_tokens).toBe(2);
  });
});

describe("its error classes", () => {
  afterAll(() => {
    world.chutes.setFaults([]);
  });

  async function refusedChat(openai: OpenAI, model?: string): Promise<unknown> {
    try {
      return await openai.chat.completions.create({ model: model ?? (await firstModel()), messages });
    } catch (error) {
      return error;
    }
  }

  test("a wrong key is an AuthenticationError", async () => {
    const error = await refusedChat(clientWith({ apiKey: "cpk_wrong" }));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(String(error)).toContain("401");
  });

  test("an unknown model is a NotFoundError", async () => {
    expect(await refusedChat(client, "nobody/nothing")).toBeInstanceOf(NotFoundError);
  });

  test("a request without messages is a BadRequestError", async () => {
    await expect(client.chat.completions.create({ model: await firstModel(), messages: [] })).rejects.toBeInstanceOf(
      BadRequestError,
    );
  });

  test.each([
    ["429-capacity", RateLimitError],
    ["429-rate", RateLimitError],
    ["429-edge", RateLimitError],
    ["500-exhausted", InternalServerError],
    ["503-cold", InternalServerError],
    ["504-edge", InternalServerError],
  ])("%s", async (row, kind) => {
    world.chutes.setFaults([{ target: "chutes", match: "judge", kind: "status", value: row }]);
    expect(await refusedChat(client)).toBeInstanceOf(kind);
  });

  test("its own retries get through when the platform recovers", async () => {
    world.chutes.setFaults([{ target: "chutes", match: "judge", kind: "status", value: "429-rate", count: 1 }]);
    const answer = await clientWith({ maxRetries: 1 }).chat.completions.create({ model: await firstModel(), messages });
    expect(answer.choices[0]?.message.content).toMatch(/\S{3}/);
  });
});

describe("on a slug host", () => {
  const honest = (): World["population"]["miners"][number] => {
    const found = world.population.miners.find(({ kind }) => kind === "honest");
    if (found === undefined) throw new Error("no miner is honest");
    return found;
  };

  /** The client's own address of a chute; what DNS would do, {@link resolved} does. */
  function at(slug: string, sign: (body: string) => Record<string, string> = () => ({})): OpenAI {
    return clientWith({ baseURL: `http://${slug}.chutes.ai/v1`, fetch: resolved(sign) });
  }

  /** Sends to the simulated platform what is meant for a host of the real one; the host stands in the header as ever. */
  function resolved(sign: (body: string) => Record<string, string>): NonNullable<Options["fetch"]> {
    return async (url, init) => {
      const { host, pathname } = new URL(url instanceof Request ? url.url : url);
      const body = typeof init?.body === "string" ? init.body : "";
      const headers = { ...Object.fromEntries(new Headers(init?.headers)), ...sign(body), host };
      const answer = await request(`${world.chutes.url}${pathname}`, { method: "POST", headers, body });
      const kept = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]);
      return new Response(Readable.toWeb(answer.body) as ReadableStream, { status: answer.statusCode, headers: kept });
    };
  }

  /** Signs the exact bytes that the client is about to send, as Epistula 2 wants it. */
  function signedFor(receiver: string): (body: string) => Record<string, string> {
    return (body) => {
      const facts = { uuid: randomUUID(), timestampMs: NOW, signedFor: receiver };
      const bodySha256 = createHash("sha256").update(body).digest("hex");
      const signature = `0x${signHex(world.validator.pair, epistulaV2Message({ ...facts, bodySha256 }))}` as const;
      return epistulaV2Headers({ ...facts, signature, signedBy: world.validator.hotkey, secretSignatures: null });
    };
  }

  test("it chats with a miner's app that takes unsigned requests too", async () => {
    const { chute } = honest();
    const answer = await at(chute.slug).chat.completions.create({ model: "any", messages });
    expect(answer.model).toBe(chute.name);
  });

  test("what is signed for somebody else is an AuthenticationError with the app's words", async () => {
    const chat = at(honest().chute.slug, signedFor(world.validator.hotkey)).chat.completions.create({
      model: "any",
      messages,
    });
    await expect(chat).rejects.toBeInstanceOf(AuthenticationError);
    await expect(chat).rejects.toThrow(/signed for another miner/);
  });

  test("signed by a fetch of our own it chats and streams, under the chute's own name", async () => {
    const { chute, hotkey } = honest();
    const openai = at(chute.slug, signedFor(hotkey));
    const answer = await openai.chat.completions.create({ model: "any", messages });
    expect(answer.model).toBe(chute.name);
    expect((await streamed(openai, "any")).text).toBe(answer.choices[0]?.message.content);
  });

  test("a slug that nobody has is a NotFoundError", async () => {
    const chat = at("nobody-nothing").chat.completions.create({ model: "any", messages });
    await expect(chat).rejects.toBeInstanceOf(NotFoundError);
    await expect(chat).rejects.toThrow(/No matching chute/);
  });
});
