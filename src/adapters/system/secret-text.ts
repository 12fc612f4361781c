/** An API key (chutes.md §1.1), also a damaged one; a seed or private key in hexadecimal; a mnemonic. */
const API_KEY = /cpk_[a-f0-9]{8}/i;
const HEX_SECRET = /^(?:0x)?(?:[0-9a-f]{64}|[0-9a-f]{128})$/i;
const MNEMONIC = /^[a-z]{3,8}(?:\s+[a-z]{3,8}){11,23}$/i;

/** Whether a text is most likely a secret that somebody put where a name or path belongs. */
export function looksSecret(text: string): boolean {
  const trimmed = text.trim();
  return API_KEY.test(trimmed) || HEX_SECRET.test(trimmed) || MNEMONIC.test(trimmed);
}

/** The address of a node without what may be a credential: user, path and query of the providers' addresses. */
export function withoutCredentials(address: string): string {
  const url = URL.parse(address);
  if (url === null || url.host === "") return address;
  const plain = url.username === "" && url.password === "" && ["", "/"].includes(url.pathname) && url.search === "";
  return plain ? address : `${url.protocol}//${url.host}/[hidden]`;
}
