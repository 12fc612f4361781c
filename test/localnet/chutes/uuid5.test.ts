import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { uuid5 } from "../../../src/localnet/chutes/uuid5.ts";

/** Vectors of published chutes (chutes.md §6.1) and of the official SDK (sdk-vectors/chutes.json, section `ids`). */
interface IdCase {
  readonly username: string;
  readonly chuteName: string;
  readonly chuteId: string;
  readonly image: { readonly imageId: string };
  readonly patchVersion: string;
  readonly codeBase64: string;
  readonly version: string;
}
const { ids } = JSON.parse(readFileSync("test/vectors/chutes-ids.json", "utf8")) as { ids: readonly IdCase[] };

describe("ids of the platform are UUIDv5 values", () => {
  test.each([
    ["chutes::chute::deepseek-ai/DeepSeek-V3.2-TEE", "398651e1-5f85-5e50-a513-7c5324e8e839"],
    ["chutes::chute::Qwen/Qwen3-32B-TEE", "ac059e33-eb27-541c-b9a9-24b214036475"],
    ["chutes::chute::deepseek-ai/DeepSeek-V4-Flash-0731-TEE", "b4d58772-e72b-55d1-9d73-d30dff6d2ed8"],
    ["public::398651e1-5f85-5e50-a513-7c5324e8e839", "03a64c68-b7da-56dd-91f5-9628abce71a2"],
    ["398651e1-5f85-5e50-a513-7c5324e8e839:initial:print(1)\n", "0e88c7f5-c367-594f-8cd8-c1a5f65c2506"],
  ])("%j is %s", (name, id) => {
    expect(uuid5(name)).toBe(id);
  });

  test.each(ids)("chute id and version of $username/$chuteName", (row) => {
    expect(uuid5(`${row.username}::chute::${row.chuteName}`)).toBe(row.chuteId);
    const source = Buffer.from(row.codeBase64, "base64").toString("utf8");
    expect(uuid5(`${row.image.imageId}:${row.patchVersion}:${source}`)).toBe(row.version);
  });
});
