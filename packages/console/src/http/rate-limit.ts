/**
 * How often one client (an address; of IPv6 its /64) may ask: a token bucket for each kind of request, so that no kind can use up
 * another's. Requests that are refused have their own: a page of another site can send without a token as many as it likes and
 * takes nothing from those who hold it.
 *
 * Owner: the HTTP server. At most `MAX_CLIENTS` clients; the longest unused leaves first.
 */
import { ConsoleError } from "../errors.js";

export type RequestKind = "page" | "read" | "act" | "intake" | "refused";

export const REQUESTS_PER_SECOND = 200;
const MAX_CLIENTS = 1_024;
/** Of the rate of reading. Every exporter of a machine shares one address, hence the share of the intake. */
const SHARE: Readonly<Record<RequestKind, number>> = { page: 1, read: 1, act: 1, intake: 2.5, refused: 0.25 };
/** What may come at once, in seconds of the rate: twenty browsers that load the page, a script that sends a thousand messages. */
const BURST_SECONDS = 10;

interface Bucket {
  tokens: number;
  atMs: number;
}

export class RateLimit {
  readonly #perSecond: number;
  /** In order of use. */
  readonly #clients = new Map<string, Map<RequestKind, Bucket>>();

  /** `perSecond` of reading; 0: no limit. */
  constructor(perSecond: number = REQUESTS_PER_SECOND) {
    this.#perSecond = perSecond;
  }

  get size(): number {
    return this.#clients.size;
  }

  /** Throws MESH_E_RATE_LIMITED where the client's bucket of this kind is empty. */
  take(address: string | undefined, kind: RequestKind, nowMs: number): void {
    if (this.#perSecond === 0) return;
    const rate = this.#perSecond * SHARE[kind];
    const burst = Math.max(1, rate * BURST_SECONDS);
    const buckets = this.#bucketsOf(clientOf(address));
    const bucket = buckets.get(kind) ?? { tokens: burst, atMs: nowMs };
    buckets.set(kind, bucket);
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, nowMs - bucket.atMs) / 1_000) * rate);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1) throw new ConsoleError("MESH_E_RATE_LIMITED", `${kind} requests, ${rate} a second`);
    bucket.tokens -= 1;
  }

  #bucketsOf(client: string): Map<RequestKind, Bucket> {
    const buckets = this.#clients.get(client) ?? new Map<RequestKind, Bucket>();
    this.#clients.delete(client);
    this.#clients.set(client, buckets);
    if (this.#clients.size > MAX_CLIENTS) {
      for (const longestUnused of this.#clients.keys()) {
        this.#clients.delete(longestUnused);
        break;
      }
    }
    return buckets;
  }
}

/** An IPv4 address as it is, also where it is mapped into IPv6; of IPv6 the first four groups, which one host can fill at will. */
function clientOf(address: string | undefined): string {
  if (address === undefined) return "";
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const after = tail === "" ? [] : tail.split(":");
    while (groups.length + after.length < 8) groups.push("0");
    groups.push(...after);
  }
  return groups.slice(0, 4).join(":");
}
