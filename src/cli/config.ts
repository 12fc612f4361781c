import { type EffectiveField, effectiveConfig } from "../adapters/system/effective-config.ts";
import { EXIT_CODES } from "../core/model/fault.ts";
import type { EffectiveConfigShape } from "./machine-types.ts";
import { type CommonOptions, overridesOf } from "./options.ts";
import type { Output } from "./output.ts";

/** Prints the effective value of every field and where it came from; of the API key, whether there is one and where. */
export function config(options: CommonOptions, output: Output): number {
  const { file, fields, apiKey } = effectiveConfig({
    file: options.config,
    env: process.env,
    overrides: overridesOf(options),
  });
  const key = { field: "chutes API key", value: apiKey.present ? "[hidden]" : "none that can be used" };
  const width = Math.max(...[...fields, key].map(({ field }) => field.length));
  for (const field of fields) output.say(`${field.field.padEnd(width)}  ${String(field.value)}  (${from(field)})`);
  output.say(`${key.field.padEnd(width)}  ${key.value}  (${apiKey.name})`);
  if (apiKey.problem !== undefined) output.say(`  ${apiKey.problem}`);
  output.document({ file, fields, apiKey } satisfies EffectiveConfigShape);
  return EXIT_CODES.done;
}

function from({ origin, name, line }: EffectiveField): string {
  return line === undefined ? (name ?? origin) : `line ${line}`;
}
