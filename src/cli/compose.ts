import type { ChainConnection } from "../adapters/chain/connection.ts";
import { chainReader } from "../adapters/chain/reader.ts";
import { weightSubmitter } from "../adapters/chain/submitter.ts";
import { chutesPlatform } from "../adapters/chutes/platform.ts";
import { folderPause } from "../adapters/journal/pause-file.ts";
import { openJournal } from "../adapters/journal/sqlite-journal.ts";
import { loadConfig } from "../adapters/system/config.ts";
import { readApiKey } from "../adapters/system/secrets.ts";
import { systemClock } from "../adapters/system/system-clock.ts";
import { systemEntropy } from "../adapters/system/system-entropy.ts";
import { openTelemetry } from "../adapters/system/telemetry.ts";
import { openSigner } from "../adapters/wallet/wallet.ts";
import type { CyclePorts, CycleSettings } from "../application/cycle-context.ts";
import { dryRunSubmitter } from "../application/dry-run-submitter.ts";
import type { Config } from "../core/model/config.ts";
import type { Header } from "../core/model/records.ts";
import type { WeightSubmitter } from "../ports/chain.ts";
import type { Signer } from "../ports/signer.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { connect } from "./compose-chain.ts";
import { neededWallet, passwordSources } from "./hotkey.ts";
import { type CommonOptions, levelOf, overridesOf } from "./options.ts";
import { configuredPack } from "./packs.ts";
import { NAME, VERSION } from "./version.ts";

/**
 * The composition root: the only place that knows all floors. A mode is a table of ports (DESIGN §2); what differs between
 * `once` and `dry-run` is signer, submitter and journal, chosen here and nowhere else.
 */
export interface Composition extends AsyncDisposable {
  readonly ports: CyclePorts;
  readonly settings: CycleSettings;
  readonly config: Config;
}

export async function compose(mode: Header["mode"], options: CommonOptions, signal: AbortSignal): Promise<Composition> {
  await using stack = new AsyncDisposableStack();
  const config = loadConfig({ file: options.config, env: process.env, overrides: overridesOf(options) });
  const settings = settingsOf(mode, config, options);
  const telemetry = openTelemetry({ level: levelOf(options), json: options.json === true });
  const apiKey = readApiKey(config.chutes, process.env);
  const signer = mode === "dry-run" ? null : await signerOf(config, telemetry);
  const journal = await openJournal({ folder: config.data, mode, retention: config.retention, telemetry });
  stack.defer(() => journal.close());
  const connection = stack.use(await connect(config, telemetry, signal));
  const clock = systemClock();
  const entropy = systemEntropy();
  const platform = stack.use(
    chutesPlatform({
      config: config.chutes,
      limits: config.limits,
      apiKey,
      signer,
      netuid: config.netuid,
      clock,
      entropy,
      telemetry,
    }),
  );
  const { model, chuteId } = config.scoring.judge;
  const ports: CyclePorts = {
    chain: chainReader(connection),
    catalogue: platform.catalogue,
    miners: platform.miners,
    judge: platform.referenceModel(model, chuteId),
    submitter: submitterOf(connection, signer, config),
    journal,
    pause: folderPause(config.data),
    signer,
    spend: platform.spend,
    clock,
    entropy,
    telemetry,
  };
  const owned = stack.move();
  return { ports, settings, config, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function signerOf(config: Config, telemetry: Telemetry): Promise<Signer> {
  const unlocking = (format: string): void => telemetry.event("info", "wallet-unlocking", { format });
  return openSigner(neededWallet(config.wallet), passwordSources(unlocking));
}

function submitterOf(connection: ChainConnection, signer: Signer | null, { versionKey }: Config): WeightSubmitter {
  return signer === null ? dryRunSubmitter() : weightSubmitter(connection, signer, { versionKey });
}

function settingsOf(mode: Header["mode"], config: Config, options: CommonOptions): CycleSettings {
  return {
    netuid: config.netuid,
    mechid: config.mechid,
    mode,
    pack: configuredPack(config.pack),
    scoring: config.scoring,
    software: { name: NAME, version: VERSION, node: process.version },
    compareWith: config.compareWith,
    concurrency: config.chutes.concurrency,
    acceptDoppelgangerRisk: options.acceptDoppelgangerRisk === true,
  };
}
