import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChainConnection, connectChain } from "../../../src/adapters/chain/connection.ts";
import { chainReader } from "../../../src/adapters/chain/reader.ts";
import { openSigner } from "../../../src/adapters/wallet/wallet.ts";
import { fromHex } from "../../../src/core/determinism/digest.ts";
import { isFault } from "../../../src/core/model/fault.ts";
import { localRuntime } from "../../../src/localnet/metadata/registry.ts";
import type { GenesisMiner, GenesisOptions } from "../../../src/localnet/node/genesis.ts";
import { type SimNode, type SimNodeOptions, startNode } from "../../../src/localnet/node/node.ts";
import type { Observation, SubmissionPlan } from "../../../src/ports/chain.ts";
import type { Signer } from "../../../src/ports/signer.ts";
import { SILENT } from "../../../src/ports/telemetry.ts";

/** A simulated node in virtual time with one validator, whose key is at hand, and miners that nobody can sign for. */
export const NETUID = 7;
export const SIGNAL: AbortSignal = new AbortController().signal;

export function minerKey(name: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(`miner ${name}`).digest());
}

export async function signerFrom(secret: string, kind: "seed-file" | "mnemonic-file" = "seed-file"): Promise<Signer> {
  const folder = await mkdtemp(join(tmpdir(), "touchstone-"));
  const file = join(folder, "hotkey");
  await writeFile(file, secret, { mode: 0o600 });
  const signer = await openSigner({ kind, file });
  await rm(folder, { recursive: true });
  return signer;
}

export interface World extends AsyncDisposable {
  readonly node: SimNode;
  readonly signer: Signer;
  connect(options?: { readonly requestMs?: number }): Promise<ChainConnection>;
  observe(connection: ChainConnection): Promise<Observation>;
}

export interface WorldOptions extends Partial<Omit<SimNodeOptions, "miners">> {
  readonly miners?: readonly GenesisMiner[];
  readonly otherValidators?: NonNullable<GenesisOptions["otherValidators"]>;
  readonly stakeRao?: bigint;
}

export async function world({ stakeRao = 10n ** 13n, ...options }: WorldOptions = {}): Promise<World> {
  const signer = await signerFrom(`0x${"5a".repeat(32)}`);
  const node = await startNode({
    seed: 1,
    runtime: localRuntime({ blockMs: 250 }),
    netuid: NETUID,
    tempo: 60,
    commitReveal: false,
    validator: { publicKey: fromHex(signer.publicKey), stakeRao },
    miners: ["a", "b", "c", "d"].map((name) => ({ publicKey: minerKey(name) })),
    blockMs: 250,
    finalityLag: 3,
    virtual: true,
    port: 0,
    ...options,
  });
  const open: ChainConnection[] = [];
  return {
    node,
    signer,
    connect: async ({ requestMs } = {}) => {
      const connection = await connectChain({
        endpoints: [node.url],
        expectedGenesis: node.genesis,
        signal: SIGNAL,
        telemetry: SILENT,
        ...(requestMs === undefined ? {} : { requestMs }),
      });
      if (isFault(connection)) throw new Error(connection.message);
      open.push(connection);
      return connection;
    },
    observe: async (connection) => {
      const seen = await chainReader(connection).observe(
        { netuid: NETUID, mechid: 0, hotkey: signer.hotkey, known: [] },
        SIGNAL,
      );
      if (isFault(seen)) throw new Error(seen.message);
      return seen;
    },
    [Symbol.asyncDispose]: async () => {
      for (const connection of open) await connection[Symbol.asyncDispose]();
      await node[Symbol.asyncDispose]();
    },
  };
}

/** Weights for every miner of the snapshot, the first with the largest. */
export function planFor(seen: Observation, values: readonly number[] = [65_535, 30_000, 1, 0]): SubmissionPlan {
  const targets = seen.neurons.slice(1, 1 + values.length);
  return {
    cycle: { netuid: seen.netuid, mechid: seen.mechid, epoch: seen.epochState.index },
    targets: targets.map(({ uid, hotkey, registeredAt }) => ({ uid, hotkey, registeredAt })),
    uids: targets.map(({ uid }) => uid),
    values: [...values],
    versionKey: "0",
    vectorDigest: `0x${"00".repeat(32)}`,
    snapshotBlock: seen.block.number,
    knownUpdate: null,
  };
}
