import type { ChutesConfig } from "../../core/model/config.ts";
import type { Fault } from "../../core/model/fault.ts";
import type { Target } from "../../core/model/roster.ts";

/** Where a request for a chute goes: the socket's origin, the path, and the Host header when it differs from the origin's. */
export interface TargetUrl {
  readonly origin: string;
  readonly path: string;
  readonly host: string | null;
}

const SLUG = /^[a-z0-9-]{1,63}$/;
/**
 * The platform's cord rule `^(/[a-z0-9_]+[a-z0-9-_]*)+$` (chutes-newest.md §1.2) without its overlapping repetitions: the same
 * language, one way to match each character, hence linear time on a stranger's text.
 */
const CORD = /^(?:\/[a-z0-9_][a-z0-9_-]*)+$/;
const MAX_PATH = 128;

/**
 * D12: slug and path are a miner's text and the request carries our credential, so both are matched whole, and the parsed URL
 * must say exactly what was meant. @returns a Fault `url-refused` with blame miner otherwise.
 */
export function targetUrl(target: Pick<Target, "slug" | "path">, config: ChutesConfig): TargetUrl | Fault {
  const { slug, path } = target;
  if (!SLUG.test(slug)) return refused("slug");
  if (path.length > MAX_PATH || !CORD.test(path)) return refused("cord path");
  const host = `${slug}.${config.domain}`;
  const text = `https://${host}${path}`;
  const url = URL.parse(text);
  if (url === null || url.host !== host || url.href !== text) return refused("slug");
  if (config.invoke !== null) return { origin: new URL(config.invoke).origin, path, host };
  return { origin: url.origin, path, host: null };
}

function refused(part: "slug" | "cord path"): Fault {
  return {
    code: "url-refused",
    blame: "miner",
    retryable: false,
    message: `The chute's ${part} is not one the platform could have made, so nothing was sent there.`,
    remedy: "Miner: deploy the chute with an ordinary name and a cord path of lower-case letters, digits, - and _.",
    evidence: { detail: part },
  };
}
