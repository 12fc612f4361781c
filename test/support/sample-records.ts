import type { Response } from "../../src/core/model/answers.ts";
import type { Roster } from "../../src/core/model/roster.ts";

/** Small whole records for tests of what carries records and does not read them. */
export function sampleResponse(uid: number, taskId: string, text: string): Response {
  return {
    kind: "response",
    parents: [`0x${"11".repeat(32)}`],
    uid,
    taskId,
    outcome: {
      answered: true,
      text,
      textDigest: `0x${"22".repeat(32)}`,
      finishReason: "stop",
      latencyMs: 12,
      firstTokenMs: null,
      usage: { promptTokens: 10, completionTokens: 3 },
      invocationId: null,
      attempts: [{ status: 200, fault: null, elapsedMs: 12 }],
    },
  };
}

export const SAMPLE_ROSTER: Roster = { kind: "roster", parents: [], chutes: [], entries: [] };
