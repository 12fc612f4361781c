import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../src/adapters/system/config-file.ts";
import { ValidatorError } from "../../../src/core/model/fault.ts";

const KEY = `cpk_${"a1".repeat(16)}.${"b2".repeat(16)}.${"Xy9z".repeat(8)}`;
const SEED = `0x${"5e".repeat(32)}`;
const MNEMONIC = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";

function parse(text: string, env: Record<string, string> = {}): ReturnType<typeof parseConfig> {
  return parseConfig("touchstone.yaml", `netuid: 2\njudge: { model: a/b }\n${text}\n`, env);
}

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ValidatorError) return `${error.message} ${error.remedy}`;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("variables of the environment", () => {
  test("stand in values, alone, in the middle and several at once", () => {
    const { config, given } = parse("data: ${ROOT}/${NAME}-data", { ROOT: "/srv", NAME: "one" });
    expect(config.data).toBe("/srv/one-data");
    expect(given.get("data")).toEqual({ line: 3, written: "${ROOT}/${NAME}-data" });
  });

  test.each([
    ["a bare one may be a number", "mechid: ${N}", { N: "3" }, 3],
    ["so may one in a flow", "scoring: { minEligible: 3 }\nmechid: ${N}", { N: "0" }, 0],
  ])("%s", (_name, text, env, wanted) => {
    expect(parse(text, env).config.mechid).toBe(wanted);
  });

  test("a quoted one stays a text", () => {
    expect(messageOf(() => parse('mechid: "${N}"', { N: "3" }))).toContain(
      "line 3: mechid must be a whole number from 0 to 255",
    );
  });

  test.each([
    ["one that is not set", "data: ${NOBODY}/x", "line 3: the environment variable NOBODY is not set"],
    ["a name that is none", "data: ${A-B}", "line 3: between ${ and } must stand the name of an environment variable"],
    ["an empty name", "data: ${}", "line 3: between ${"],
    ["one that is not closed", "data: ${HOME", "line 3: between ${"],
    ["a name of the prototype", "data: ${constructor}", "the environment variable constructor is not set"],
    ["one in a name", "${NAME}: 3", "line 3: this is no name that is known"],
  ])("%s is refused with its line", (_name, text, sentence) => {
    expect(messageOf(() => parse(text, { NAME: "mechid", HOME: "/root" }))).toContain(sentence);
  });

  test("whatever a variable holds stays the text of its one value", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        try {
          const { config, given } = parse("data: ${V}\nmechid: 1", { V: value });
          expect(config.data).toBe(value);
          expect(config.mechid).toBe(1);
          expect([...given.keys()]).toEqual(["netuid", "judge.model", "data", "mechid"]);
        } catch (error) {
          if (!(error instanceof ValidatorError)) throw error;
          expect(error.message).toContain("line 3: ");
        }
      }),
    );
    const hostile = { V: "x\nmechid: 200\nwallet: { name: other }" };
    expect(messageOf(() => parse("data: ${V}", hostile))).toContain("line 3: data must be");
    expect(parse("data: ${V}", { V: "${W}", W: "no" }).config.data).toBe("${W}");
  });
});

describe("a secret in the configuration is refused and never quoted", () => {
  const secrets = { KEY, SEED, MNEMONIC };
  const fields = (secret: string): readonly string[] => [
    `data: ${secret}`,
    `pack: ${secret}`,
    `network: ${secret}`,
    `wallet: { name: ${secret} }`,
    `wallet: { seedFile: ${secret} }`,
    `wallet: { mnemonicFile: "${secret}" }`,
    `chutes: { apiKeyFile: ${secret} }`,
    `chutes: { ${secret}: 1 }`,
    `chutes: { apiKey: ${secret} }`,
    `${secret}: 1`,
    secret,
    `data: "${secret}`,
    `data: *${secret}`,
    `data: !${secret} x`,
    `data: &${secret} x\n${secret}`,
    `data: [${secret}`,
    `data: >${secret}`,
    `data: a: ${secret}`,
    `data: { ${secret} ]`,
    `%${secret}`,
    `data: "\\${secret}"`,
  ];
  const cases = Object.entries(secrets).flatMap(([name, secret]) =>
    fields(secret).map((text) => [name, text.replaceAll(secret, "…"), text, secret] as const),
  );
  test.each(cases)("%s as %s", (_name, _shown, text, secret) => {
    const message = messageOf(() => parse(text));
    expect(message).toContain("is wrong in line");
    for (const part of [secret, secret.slice(0, 20), secret.slice(-20)]) expect(message).not.toContain(part);
  });

  test.each(Object.entries(secrets))("%s through a variable", (_name, secret) => {
    const message = messageOf(() => parse("data: ${V}", { V: secret }));
    expect(message).toContain("line 3: this looks like an API key, a seed or a mnemonic");
    expect(message).not.toContain(secret);
  });

  test("but a genesis hash is none", () => {
    expect(parse(`genesis: "${SEED}"`).config.genesis).toBe(SEED);
  });
});
