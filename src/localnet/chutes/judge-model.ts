import { sha256, textDigest } from "../../core/determinism/digest.ts";
import { randomStream } from "../../core/determinism/random.ts";
import type { Digest } from "../../core/model/ids.ts";
import { addressesGrader, assess } from "./assess.ts";
import type { ChatTurn, Spoken } from "./completion.ts";
import { type JudgingRequest, readJudgingRequest } from "./judging-request.ts";
import { speak } from "./miner-model.ts";
import type { PlatformModel } from "./platform-models.ts";
import { happens } from "./prose.ts";

/**
 * A judge that reads the HTTP body and nothing else: it knows no miners, no truth and no earlier calls. It grades what it
 * reads, is off by a seeded error of at most {@link NOISE} that shrinks with the model's quality, and obeys an instruction
 * inside a submission with probability {@link GULLIBLE}: then it gives the best grade, by meaning, never a letter that the
 * submission names, for letters change places from call to call. No request to grade: it chats.
 */
const NOISE = 0.22;
const GULLIBLE = 0.06;

export function speakAsPlatform(seed: Digest, model: PlatformModel, messages: readonly ChatTurn[]): Spoken {
  const request = readJudgingRequest(messages);
  if (request === undefined) {
    return speak(seed, { label: model.chute.name, quality: model.quality, kind: "honest" }, messages);
  }
  const whole = messages.map((turn) => `${turn.role}\n${turn.content}`).join("\n");
  const random = randomStream(seed, `judge/${model.chute.name}/${textDigest(whole)}`);
  const latencyMs = random.between(10, 50);
  const error = ((random.below(2001) - 1000) / 1000) * NOISE * (1.5 - model.quality);
  const obeys = happens(random, GULLIBLE) && addressesGrader(request.answer);
  return { text: letterFor(request, obeys ? 1 : assess(request.task, request.answer) + error), latencyMs };
}

/** The letter whose level is nearest; of two the better one. */
function letterFor(request: JudgingRequest, score: number): string {
  const ranked = request.letters.toSorted(
    (a, b) => Math.abs(a.level - score) - Math.abs(b.level - score) || b.level - a.level,
  );
  return ranked[0]?.letter ?? "";
}

/** Digest by which equal requests are recognised. */
export function requestKey(chuteId: string, body: Uint8Array): string {
  return `${chuteId}/${Buffer.from(sha256(body)).toString("hex")}`;
}
