import { readFileSync } from "node:fs";

/** Vectors made by the Rust and Python clients; see test/vectors. */
function load(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8"));
}

export function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "hex"));
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

interface Made {
  readonly name: string;
  readonly round: number;
  readonly key: string;
  readonly sigma: string;
  readonly nonce: string;
  readonly plaintext: string;
  readonly ciphertext: string;
}

interface Judged {
  readonly name: string;
  readonly ciphertext: string;
  readonly signature: string;
  readonly expect: string;
}

export interface Epochs {
  readonly last_epoch_block: number;
  readonly pending_epoch_at: number;
  readonly subnet_epoch_index: number;
  readonly tempo: number;
  readonly blocks_since_last_step: number;
  readonly current_block: number;
}

export const TIMELOCK = load("timelock") as {
  readonly beacon: { readonly public_key: string; readonly chain_hash: string; readonly genesis_time: number };
  readonly pulses: readonly { readonly round: number; readonly signature: string }[];
  readonly identities: readonly {
    readonly round: number;
    readonly message_sha256_round_be: string;
    readonly point_compressed: string;
  }[];
  readonly gt_encoding: readonly { readonly round: number; readonly sha256: string }[];
  readonly rust_ciphertexts: { readonly vectors: readonly Made[] };
  readonly real_world_ciphertexts_not_opened: readonly {
    readonly name: string;
    readonly ciphertext: string;
    readonly parsed: {
      readonly U: string;
      readonly V: string;
      readonly W: string;
      readonly aes_ciphertext_and_tag: string;
      readonly nonce: string;
      readonly plaintext_bytes: number;
    };
  }[];
  readonly self_generated: readonly (Made & { readonly master_public_key?: string; readonly signature?: string })[];
  readonly negative: { readonly reject: readonly Judged[]; readonly tolerated: readonly Judged[] };
  readonly scale_payloads: readonly {
    readonly hotkey: string | null;
    readonly uids: readonly number[];
    readonly values: readonly number[];
    readonly version_key: string;
    readonly encoded: string;
  }[];
  readonly epoch_schedule: readonly {
    readonly name: string;
    readonly state: Epochs;
    readonly reveal_period_epochs: number;
    readonly first_reveal_block?: number;
    readonly error?: string;
  }[];
  readonly reveal_rounds: readonly {
    readonly first_reveal_block: number;
    readonly current_block: number;
    readonly block_time_s: number;
    readonly now_unix_s: number;
    readonly reveal_round: number;
  }[];
  readonly legacy_first_reveal_block: readonly {
    readonly current_block: number;
    readonly tempo: number;
    readonly netuid: number;
    readonly reveal_period_epochs: number;
    readonly first_reveal_block: number;
  }[];
};

export const COMMITS = load("timelock-commits") as {
  readonly signatures: Readonly<Record<string, string>>;
  readonly commits: readonly {
    readonly name: string;
    readonly function: string;
    readonly package: string;
    readonly unix_time_ns: string;
    readonly input: Epochs & {
      readonly uids: readonly number[];
      readonly weights: readonly number[];
      readonly version_key: string;
      readonly hotkey: string;
      readonly netuid: number;
      readonly subnet_reveal_period_epochs: number;
      readonly block_time: number;
    };
    readonly reveal_round: number;
    readonly commit: string;
    readonly payload: string;
  }[];
  readonly encrypt_at_round: readonly {
    readonly package: string;
    readonly data: string;
    readonly reveal_round: number;
    readonly envelope: string;
    readonly inner_ciphertext_offset: number;
    readonly inner_ciphertext_length: number;
  }[];
  readonly commitments: readonly {
    readonly package: string;
    readonly text: string;
    readonly reveal_round: number;
    readonly ciphertext: string;
    readonly plaintext: string;
  }[];
  readonly decrypt_cases: readonly {
    readonly case: string;
    readonly envelope: string;
    readonly signature: string;
    readonly bittensor_core_0_1_5: { readonly plaintext?: string; readonly error?: string };
  }[];
};

interface RoundCase<I> {
  readonly case: string;
  readonly unix_time_ns: string;
  readonly input: I & { readonly reveal_period_epochs: number; readonly block_time: number };
  readonly reveal_round?: number;
  readonly first_reveal_block?: number;
  readonly error?: string;
}

export const ROUNDS = load("reveal-rounds") as {
  readonly v2: readonly RoundCase<Epochs>[];
  readonly legacy_1_3_0: readonly RoundCase<{
    readonly tempo: number;
    readonly current_block: number;
    readonly netuid: number;
  }>[];
};

/** As Rust's `as_secs_f64`: whole seconds and the fraction are added once. */
export function seconds(nanoseconds: string): number {
  const all = BigInt(nanoseconds);
  return Number(all / 1_000_000_000n) + Number(all % 1_000_000_000n) / 1e9;
}

export function signatureOf(round: number): Uint8Array {
  const { signatures } = COMMITS;
  return hex(signatures[String(round)] ?? "");
}
