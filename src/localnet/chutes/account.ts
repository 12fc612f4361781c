import { toHex } from "../../core/determinism/digest.ts";
import { randomStream } from "../../core/determinism/random.ts";
import type { Digest, Ss58 } from "../../core/model/ids.ts";
import { userIdOf } from "./chute.ts";

/** The one account of the simulated platform: the validator's, to which every miner has shared its chute. */
export interface Account {
  readonly username: string;
  readonly userId: string;
  readonly apiKey: string;
}

const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** `cpk_` + key id + `.` + user id + `.` + 32 alphanumeric characters (chutes.md §1.1), made from the seed. */
export function makeAccount(seed: Digest): Account {
  const random = randomStream(seed, "api-key");
  const userId = userIdOf(`validator of ${seed}`);
  const secret = Array.from({ length: 32 }, () => ALPHANUMERIC.charAt(random.below(ALPHANUMERIC.length))).join("");
  const keyId = toHex(random.bytes(16)).slice(2);
  return { username: "validator", userId, apiKey: `cpk_${keyId}.${userId.replaceAll("-", "")}.${secret}` };
}

export type Credential = "none" | "wrong" | "good";

/** The platform reads the last word of `Authorization`, whatever stands before it; `X-API-Key` is not read at all. */
export function credentialOf(authorization: string | undefined, account: Account): Credential {
  const token = authorization?.trim().split(/\s+/).at(-1) ?? "";
  if (token === "") return "none";
  return token === account.apiKey ? "good" : "wrong";
}

/** `GET /users/me` (chutes.md §2.4). */
export function accountView(account: Account, hotkey: Ss58): unknown {
  return {
    username: account.username,
    user_id: account.userId,
    logo_id: null,
    created_at: "2026-01-01T00:00:00Z",
    logo: null,
    hotkey,
    coldkey: null,
    payment_address: null,
    permissions_bitmask: 0,
    permissions: [],
    balance: 1000,
    netuids: [],
    quotas: [],
  };
}

/** `GET /users/me/quotas`: a bare array. */
export function quotasView(account: Account): unknown {
  return [
    {
      user_id: account.userId,
      chute_id: "*",
      quota: 0,
      is_default: true,
      payment_refresh_date: null,
      effective_date: "2026-01-01T00:00:00Z",
      updated_at: "2026-01-01T00:00:00Z",
    },
  ];
}

/** `GET /pricing`. */
export function pricingView(): unknown {
  const gpu = { usd: { hour: 1.8, second: 0.0005 }, tao: { hour: 0.0079, second: 0.0000022 } };
  return {
    tao_usd: 227.6,
    compute_unit_estimate: { usd: 4.5, tao: 0.01977, description: "price of one compute unit an hour" },
    gpu_price_estimates: { pro_6000: gpu },
  };
}
