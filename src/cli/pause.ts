import { pause, resume } from "../adapters/journal/pause-file.ts";
import { loadConfig } from "../adapters/system/config.ts";
import { EXIT_CODES } from "../core/model/fault.ts";
import type { PauseShape } from "./operator-types.ts";
import { type CommonOptions, overridesOf } from "./options.ts";
import type { Output } from "./output.ts";

/** No weights are sent from the data folder until `resume`; asking, judging and scoring go on. */
export function pauseSubmissions(options: CommonOptions & { readonly reason?: string }, output: Output): number {
  const data = dataOf(options);
  const { since, reason } = pause(data, options.reason ?? null, new Date().toISOString());
  output.say(`${data}: submissions are paused since ${since}${reason === null ? "" : ` (${reason})`}`);
  output.say(
    "The validator goes on asking and scoring; its weights on chain stay, and a commit that was made is still revealed.",
  );
  output.document({ paused: true, since, reason } satisfies PauseShape);
  return EXIT_CODES.done;
}

export function resumeSubmissions(options: CommonOptions, output: Output): number {
  const data = dataOf(options);
  const was = resume(data);
  output.say(`${data}: ${was ? "weights are sent again, from the next submission on" : "submissions were not paused"}`);
  output.document({ paused: false, since: null, reason: null } satisfies PauseShape);
  return EXIT_CODES.done;
}

function dataOf(options: CommonOptions): string {
  return loadConfig({ file: options.config, env: process.env, overrides: overridesOf(options) }).data;
}
