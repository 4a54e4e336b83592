/**
 * The bearer token: comes in the URL fragment (`#token=…`, which browsers never send to a server), moves to the session's storage
 * and out of the address bar, so that it is neither bookmarked nor copied with the address.
 */
export interface TokenStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const KEY = "meshwork.token";
/** What a console may have made: visible characters, bounded as the console bounds them. */
const TOKEN = /^[!-~]{1,512}$/;

export interface TokenFromHash {
  readonly token: string | null;
  /** The fragment without the token, to put in the address bar; null where there was no token in it. */
  readonly hash: string | null;
}

/** `#token=abc` or `#token=abc&view=/nodes`; `+` is part of a token, so this is no form decoding. */
export function tokenFromHash(hash: string): TokenFromHash {
  if (!/^#?token=/.test(hash)) return { token: null, hash: null };
  const [first = "", ...rest] = hash.replace(/^#/, "").split("&");
  const view = rest.find((part) => part.startsWith("view="))?.slice("view=".length) ?? "";
  return { token: readable(first.slice("token=".length)), hash: view === "" ? "" : `#${readable(view) ?? ""}` };
}

function readable(text: string): string | null {
  try {
    const decoded = decodeURIComponent(text);
    return TOKEN.test(decoded) ? decoded : null;
  } catch {
    return null;
  }
}

export function keepToken(storage: TokenStorage, token: string): void {
  storage.setItem(KEY, token);
}

export function keptToken(storage: TokenStorage): string | null {
  const kept = storage.getItem(KEY);
  return kept !== null && TOKEN.test(kept) ? kept : null;
}

export function dropToken(storage: TokenStorage): void {
  storage.removeItem(KEY);
}

/** What somebody pasted: the token, or a whole URL with it. Null where it is neither. */
export function tokenFromPaste(text: string): string | null {
  const trimmed = text.trim();
  const at = trimmed.indexOf("#token=");
  if (at >= 0) return tokenFromHash(trimmed.slice(at)).token;
  return TOKEN.test(trimmed) ? trimmed : null;
}
