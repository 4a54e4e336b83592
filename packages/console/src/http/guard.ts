/**
 * Who may call: the checks that stand before every route. Loopback is no boundary (any web page can reach it), so the Host must be
 * one of ours (DNS rebinding), a foreign Origin or cross-site fetch is refused, there is no CORS, and all but the health check and
 * the page's own files need the bearer token, compared in constant time.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { ConsoleError } from "../errors.js";

export interface Guard {
  /** Throws MESH_E_BAD_HOST. */
  checkHost(request: IncomingMessage): void;
  /** Throws MESH_E_CROSS_SITE. */
  checkOrigin(request: IncomingMessage): void;
  /** Throws MESH_E_UNAUTHORIZED. */
  checkToken(request: IncomingMessage): void;
}

const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"];

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** `hosts`: names without port that are accepted besides the loopback ones. */
export function createGuard(options: { port: number; token: string; hosts?: readonly string[] }): Guard {
  const allowed = new Set<string>();
  for (const name of [...LOOPBACK_NAMES, ...(options.hosts ?? [])]) {
    allowed.add(`${name.toLowerCase()}:${options.port}`);
    // Browsers and curl leave out the port of http.
    if (options.port === 80) allowed.add(name.toLowerCase());
  }
  // Digests have one length, which timingSafeEqual needs, and say nothing of the token's.
  const expected = digest(options.token);
  return {
    checkHost(request) {
      const host = request.headers.host;
      if (host === undefined || !allowed.has(host.toLowerCase())) throw new ConsoleError("MESH_E_BAD_HOST");
    },
    checkOrigin(request) {
      const { origin } = request.headers;
      const site = request.headers["sec-fetch-site"];
      if (origin !== undefined && !(origin.startsWith("http://") && allowed.has(origin.slice(7).toLowerCase())))
        throw new ConsoleError("MESH_E_CROSS_SITE");
      if (site !== undefined && site !== "same-origin" && site !== "none") throw new ConsoleError("MESH_E_CROSS_SITE");
    },
    checkToken(request) {
      const given = /^Bearer ([!-~]{1,512})$/i.exec(request.headers.authorization ?? "")?.[1];
      if (given === undefined || !timingSafeEqual(digest(given), expected))
        throw new ConsoleError("MESH_E_UNAUTHORIZED");
    },
  };
}

/** True for addresses that only this machine can reach. */
export function isLoopback(address: string): boolean {
  return address === "localhost" || address === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address);
}
