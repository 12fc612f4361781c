import { expect, test } from "vitest";
import { type Feed, Feeds } from "../../../src/adapters/chain/rpc-feeds.ts";

function feedOf(type: string, heard: unknown[]): Feed {
  const answer: Feed["answer"] = (_error, result) => heard.push(result);
  return { type, method: `${type}_subscribe`, params: [], answer, name: null, current: null };
}

test("of a thousand watched submissions the newest is kept, and every reading subscription", () => {
  const feeds = new Feeds();
  const heads: unknown[] = [];
  feeds.accepted(feedOf("chain_finalizedHead", heads), "heads");
  const heard: unknown[] = [];
  for (let at = 0; at < 1_000; at += 1) feeds.accepted(feedOf("author_extrinsicUpdate", heard), `watch ${at}`);
  for (let at = 0; at < 1_000; at += 1) {
    const subscription = `watch ${at}`;
    feeds.deliver({ kind: "note", method: "author_extrinsicUpdate", subscription, error: null, result: at });
  }
  expect(heard).toEqual([999]);
  feeds.deliver({ kind: "note", method: "chain_finalizedHead", subscription: "heads", error: null, result: "block" });
  expect(heads).toEqual(["block"]);
  expect(feeds.renewable().map(({ type }) => type)).toEqual(["chain_finalizedHead"]);
});
