/** Nodes that others run for everybody (chain.md §9, chain-newest.md §5); they bear about one request a second. */
const PUBLIC_HOSTS: ReadonlySet<string> = new Set([
  "entrypoint-finney.opentensor.ai",
  "lite.chain.opentensor.ai",
  "lite.sub.latent.to",
  "archive.chain.opentensor.ai",
  "archive.sub.latent.to",
  "test.finney.opentensor.ai",
  "test.chain.opentensor.ai",
  "dev.chain.opentensor.ai",
]);
const PUBLIC_PER_MINUTE = 60;
const OWN_PER_MINUTE = 600;

/** Loopback, private, link-local and shared (100.64/10) ranges; names that only a local resolver knows. */
const PRIVATE_IPV4 =
  /^(?:127|10)(?:\.\d{1,3}){3}$|^192\.168(?:\.\d{1,3}){2}$|^169\.254(?:\.\d{1,3}){2}$|^172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}$|^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])(?:\.\d{1,3}){2}$/;
const PRIVATE_IPV6 = /^\[(?:::1|f[cd][0-9a-f]{2}:[0-9a-f:.]*|fe[89ab][0-9a-f]:[0-9a-f:.]*)\]$/;
const PRIVATE_NAME = /^[a-z0-9_-]+$|\.(?:localhost|local|internal|lan|home\.arpa)$/;

/** The host of a `ws://` or `wss://` address in lower case, an IPv6 one in brackets; empty for anything else. */
export function hostOf(endpoint: string): string {
  const [, host = ""] = /^wss?:\/\/(?:[^/?#]*@)?(\[[^\]/?#]*\]|[^:/?#[\]]+)(?::\d*)?(?:[/?#]|$)/i.exec(endpoint) ?? [];
  return host.toLowerCase();
}

/** Whether the node may be somebody else's: whatever is not plainly of the operator's own network. */
export function isPublicEndpoint(endpoint: string): boolean {
  const host = hostOf(endpoint);
  if (host.startsWith("[")) return !PRIVATE_IPV6.test(host);
  if (/^[\d.]+$/.test(host)) return !PRIVATE_IPV4.test(host);
  return host === "" || !PRIVATE_NAME.test(host);
}

/** Requests a minute that a node bears when the configuration does not say. */
export function defaultRequestsPerMinute(endpoint: string): number {
  return PUBLIC_HOSTS.has(hostOf(endpoint)) ? PUBLIC_PER_MINUTE : OWN_PER_MINUTE;
}
