import { z } from "zod";
import type { ChuteView, Cord } from "../../core/model/roster.ts";
import type { Price } from "./budget.ts";

/**
 * The platform's documents, read leniently: new fields appear monthly (chutes.md §2.2). Texts are strangers' and are cut, but
 * above any length that D12 accepts, so that a cut slug or path is still refused and never becomes a good one.
 */
const MAX_TEXT = 256;
const MAX_CORDS = 64;
const bounded = z.string().transform((text) => text.slice(0, MAX_TEXT).toWellFormed());
const optionalText = bounded.nullish().catch(null);
const flag = z.boolean().nullish().catch(null);

const cordShape = z.object({ public_api_path: bounded, public_api_method: bounded, stream: flag });
const chuteShape = z.object({
  chute_id: z.string(),
  name: bounded,
  slug: bounded,
  version: optionalText,
  revision: optionalText,
  standard_template: optionalText,
  hot: flag,
  disabled: flag,
  tee: flag,
  cords: z.array(z.unknown()).nullish().catch(null),
});

/** Null when the document is not about this chute or lacks a name or slug. Flags that are not given count as false. */
export function readChuteView(document: unknown, chuteId: string): ChuteView | null {
  const parsed = chuteShape.safeParse(document);
  if (!parsed.success || parsed.data.chute_id.toLowerCase() !== chuteId.toLowerCase()) return null;
  const { data } = parsed;
  return {
    chuteId,
    name: data.name,
    slug: data.slug,
    version: data.version ?? null,
    revision: data.revision ?? null,
    template: data.standard_template ?? null,
    hot: data.hot ?? false,
    disabled: data.disabled ?? false,
    tee: data.tee ?? false,
    cords: (data.cords ?? []).slice(0, MAX_CORDS).flatMap(readCord),
  };
}

/** Cords without a public path cannot be called and are left out. */
function readCord(value: unknown): readonly Cord[] {
  const parsed = cordShape.safeParse(value);
  if (!parsed.success) return [];
  const { public_api_method: method, public_api_path: path, stream } = parsed.data;
  return [{ path, method, stream: stream ?? false }];
}

const MAX_USD_PER_MILLION = 100_000;
const dollars = z.number().min(0).max(MAX_USD_PER_MILLION);
const modelShape = z.object({
  id: z.string(),
  chute_id: z.string().nullish().catch(null),
  price: z
    .object({ input: z.object({ usd: dollars }), output: z.object({ usd: dollars }) })
    .nullish()
    .catch(null),
  pricing: z.object({ prompt: dollars, completion: dollars }).nullish().catch(null),
});
const modelsShape = z.object({ data: z.array(z.unknown()) });

/** `absent`: the list is readable, but no such model is in it, or it now runs in another chute. Null: unreadable or unpriced. */
export function readModelPrice(document: unknown, model: string, chuteId: string | null): Price | "absent" | null {
  const parsed = modelsShape.safeParse(document);
  if (!parsed.success) return null;
  const entry = parsed.data.data.find((item) => idOf(item) === model);
  if (entry === undefined) return "absent";
  const { data, success } = modelShape.safeParse(entry);
  if (!success) return null;
  if (chuteId !== null && data.chute_id?.toLowerCase() !== chuteId.toLowerCase()) return "absent";
  const { price, pricing } = data;
  if (price != null) return priceOf(price.input.usd, price.output.usd);
  return pricing == null ? null : priceOf(pricing.prompt, pricing.completion);
}

function idOf(item: unknown): unknown {
  return typeof item === "object" && item !== null && "id" in item ? item.id : undefined;
}

/** Dollars a million tokens, as published (chutes.md §2.5), are micro-dollars a token: a million pico-dollars each. */
function priceOf(promptUsd: number, completionUsd: number): Price {
  return { prompt: Math.round(promptUsd * 1_000_000), completion: Math.round(completionUsd * 1_000_000) };
}
