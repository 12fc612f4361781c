import { describe, expect, test } from "vitest";
import { chainReader } from "../../src/adapters/chain/reader.ts";
import { weightSubmitter } from "../../src/adapters/chain/submitter.ts";
import { fromHex } from "../../src/core/determinism/digest.ts";
import { isFault, ValidatorError } from "../../src/core/model/fault.ts";
import { publicKeyOf } from "../../src/localnet/chutes/sr25519.ts";
import { localRuntime } from "../../src/localnet/metadata/registry.ts";
import { type SimNode, startNode } from "../../src/localnet/node/node.ts";
import { planFor } from "../adapters/chain/world.ts";
import { Bench, SIGNER } from "../support/cycle-bench.ts";
import { connectTo, LiveService } from "../support/live-service.ts";
import { chuteOf, hotkeyOf, NETUID } from "../support/scripted-world.ts";

/**
 * Two processes with one hotkey and data folders of their own, which sign at the very same head: each has a look at the chain
 * without the other's weights, and both extrinsics carry the same nonce. The chain accepts one of them.
 */
const SIGNAL = new AbortController().signal;
const TEMPO = 100;
const MINERS = 4;

function localnet(commitReveal: boolean): Promise<SimNode> {
  const miners = Array.from({ length: MINERS }, (_, index) => {
    const publicKey = publicKeyOf(hotkeyOf(index + 1));
    if (publicKey === undefined) throw new Error("no such miner");
    const text = JSON.stringify({ chute_id: chuteOf(index + 1), model: `model-${index + 1}` });
    return { publicKey, commitment: new TextEncoder().encode(text) };
  });
  return startNode({
    seed: 1,
    runtime: localRuntime({ blockMs: 250 }),
    netuid: NETUID,
    tempo: TEMPO,
    commitReveal,
    validator: { publicKey: fromHex(SIGNER.publicKey), stakeRao: 10n ** 13n },
    miners,
    blockMs: 250,
    finalityLag: 3,
    virtual: true,
    port: 0,
  });
}

/** The other process: it signs, hands its weights to the node, and goes on. Resolves when the node has them. */
class Rival {
  readonly #node: SimNode;
  ended: Promise<unknown> = Promise.resolve();

  constructor(node: SimNode) {
    this.#node = node;
  }

  async send(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const connection = await connectTo(this.#node);
    const seen = await chainReader(connection).observe(
      { netuid: NETUID, mechid: 0, hotkey: SIGNER.hotkey, known: [] },
      SIGNAL,
    );
    if (isFault(seen)) throw new Error(seen.message);
    const plan = planFor(seen, [1, 1, 1, 65_535]);
    const sent = weightSubmitter(connection, SIGNER).submit(
      plan,
      async ({ state }) => {
        if (state === "broadcast") resolve();
      },
      SIGNAL,
    );
    sent.then((outcome) => reject(new Error(`not sent: ${outcome.kind}`)), reject);
    this.ended = closing(sent, connection);
    await promise;
  }
}

async function closing<T>(work: Promise<T>, connection: AsyncDisposable): Promise<T> {
  await using _ = connection;
  return await work;
}

/** What ended the service; `sealed` when it had sealed so many cycles instead. */
async function endOf(service: LiveService, bench: Bench, cycles: number): Promise<unknown> {
  try {
    await service.run(bench, ({ sealed }) => sealed.length >= cycles);
    return "sealed";
  } catch (error) {
    if (!(error instanceof ValidatorError)) throw error;
    return `${error.exit} ${error.code}`;
  }
}

/** Accepted extrinsics of each epoch. */
function accepted(node: SimNode): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { block, result } of node.ledger().extrinsics) {
    if (result === "ok") counts[Math.floor(block / TEMPO)] = (counts[Math.floor(block / TEMPO)] ?? 0) + 1;
  }
  return counts;
}

type How = "refused" | "lost";

/** The service loses the race in its second epoch. `late`: so late that its epoch is over before its era is. */
async function race(commitReveal: boolean, how: How, late: boolean): Promise<void> {
  await using node = await localnet(commitReveal);
  using bench = new Bench();
  const rival = new Rival(node);
  let raced = false;
  const service = new LiveService({
    node,
    block: (self) => {
      if (!late || self.sealed.length === 0 || raced) return;
      const left = TEMPO - (node.height() % TEMPO);
      self.pause = left > 14 ? { since: null, reason: null } : null;
    },
    stepped: async (state, self) => {
      if (state !== "signed" || self.sealed.length !== 1 || raced) return undefined;
      raced = true;
      await rival.send();
      // Another node's pool would have taken it, and thrown it out when the rival's was included.
      if (how === "lost") {
        node.setFaults([
          { target: "node", match: "author_submitAndWatchExtrinsic", kind: "error", value: 1013, count: 1 },
          { target: "node", match: "author_submitExtrinsic", kind: "error", value: 1013 },
        ]);
      }
      return "blocks";
    },
  });
  const end = await endOf(service, bench, 4);
  const counts = accepted(node);
  const again = await endOf(new LiveService({ node }), bench, 2);
  expect(raced).toBe(true);
  expect(await rival.ended).toMatchObject({ kind: commitReveal ? "timelocked" : "direct" });
  expect(Object.values(counts).every((count) => count === 1)).toBe(true);
  expect(end).toBe("doppelganger foreign-update");
  expect(again).toBe("doppelganger foreign-update");
  expect(accepted(node)).toEqual(counts);
}

describe.each([
  ["direct weights", false],
  ["sealed weights", true],
])("%s of two processes, signed at the same head", (_path, commitReveal) => {
  test.each<[string, How, boolean]>([
    ["is refused by the pool", "refused", false],
    ["is never included", "lost", false],
    ["is refused by the pool at the end of the epoch", "refused", true],
    ["is never included at the end of the epoch", "lost", true],
  ])(
    "the one that %s stops with 71, and does so again when it is started again",
    async (_title, how, late) => {
      await race(commitReveal, how, late);
    },
    120_000,
  );
});
