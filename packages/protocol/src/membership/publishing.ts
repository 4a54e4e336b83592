/**
 * When a node publishes its record. A pure machine: what happened and the time go in; whether to publish now, and when to ask
 * again, come out. The caller builds the record of that moment, with the next sequence, so that load and neighbours ride along.
 *
 * 1. A change of address, status, version or generation goes out at once; further ones within `gossipIntervalMs` wait for its
 *    end, together. (Refreshes do not count: a change after a quiet time is never held up.)
 * 2. A leave goes out at once in any case, and is the last.
 * 3. A change of load class goes out at most once a minute. One that rode along with something else is done.
 * 4. A refresh is due one interval (± 10 %) after the last publication of any kind, and never later than the interval declared
 *    *then*: peers count its staleness from what it said, not from what this node would say now.
 */
import { jittered } from "./jitter.js";

import { REFRESH_JITTER, refreshIntervalMs } from "./staleness.js";
import type { LoadClass } from "./types.js";

/** MESH_GOSSIP_INTERVAL_MS. */
export const DEFAULT_GOSSIP_INTERVAL_MS = 2_000;
export const LOAD_CLASS_INTERVAL_MS = 60_000;

export type PublishReason = "boot" | "change" | "leave" | "load-class" | "refresh";

export type PublisherEvent =
  /** The first record of this process. */
  | { readonly kind: "boot" }
  /** Something of the record that others act on changed (address, version, generation after a conflict). */
  | { readonly kind: "changed" }
  | { readonly kind: "leaving" }
  | { readonly kind: "load-class"; readonly loadClass: LoadClass }
  /** The number of live members, oneself included. */
  | { readonly kind: "live"; readonly members: number }
  /** `nextAtMs` has come. */
  | { readonly kind: "tick" };

export interface PublishDecision {
  /** Publish now, for this reason. */
  readonly publish?: PublishReason;
  /** Hand in a tick at this time, unless a later decision moves it. `Infinity` after leaving. */
  readonly nextAtMs: number;
}

export interface PublisherOptions {
  /** 0 to 1. */
  readonly random: () => number;
  readonly gossipIntervalMs?: number | undefined;
  /** MESH_STALENESS_MS; a node refreshes three times within it. */
  readonly stalenessMs?: number | undefined;
}

export class Publisher {
  readonly #random: () => number;
  readonly #gossipIntervalMs: number;
  readonly #stalenessMs: number | undefined;
  #liveMembers = 1;
  #state: "silent" | "publishing" | "left" = "silent";
  #pendingChange = false;
  #loadClass: LoadClass | undefined;
  #publishedLoadClass: LoadClass | undefined;
  #lastChangeAtMs = Number.NEGATIVE_INFINITY;
  #lastLoadClassAtMs = Number.NEGATIVE_INFINITY;
  #lastPublishedAtMs = 0;
  /** Interval of the last record, and this period's jitter factor. */
  #declaredIntervalMs = 0;
  #jitter = 1;

  constructor(options: PublisherOptions) {
    this.#random = options.random;
    this.#gossipIntervalMs = options.gossipIntervalMs ?? DEFAULT_GOSSIP_INTERVAL_MS;
    this.#stalenessMs = options.stalenessMs;
  }

  /** What a record published now declares as its interval. */
  get refreshIntervalMs(): number {
    return refreshIntervalMs(this.#liveMembers, this.#stalenessMs);
  }

  handle(event: PublisherEvent, nowMs: number): PublishDecision {
    switch (event.kind) {
      case "boot":
        if (this.#state === "silent") return this.#publish("boot", nowMs);
        break;
      case "changed":
        this.#pendingChange = true;
        break;
      case "leaving":
        if (this.#state !== "left") {
          this.#state = "left";
          return { publish: "leave", nextAtMs: Number.POSITIVE_INFINITY };
        }
        break;
      case "load-class":
        this.#loadClass = event.loadClass;
        break;
      case "live":
        this.#liveMembers = event.members;
        break;
      case "tick":
        break;
      default:
        event satisfies never;
    }
    return this.#evaluate(nowMs);
  }

  #evaluate(nowMs: number): PublishDecision {
    if (this.#state !== "publishing") return { nextAtMs: Number.POSITIVE_INFINITY };
    if (this.#changeDueAtMs() <= nowMs) return this.#publish("change", nowMs);
    if (this.#loadClassDueAtMs() <= nowMs) return this.#publish("load-class", nowMs);
    if (this.#refreshDueAtMs() <= nowMs) return this.#publish("refresh", nowMs);
    return { nextAtMs: this.#nextAtMs() };
  }

  #publish(reason: PublishReason, nowMs: number): PublishDecision {
    this.#state = "publishing";
    if (reason === "change" || reason === "boot") this.#lastChangeAtMs = nowMs;
    if (reason === "load-class") this.#lastLoadClassAtMs = nowMs;
    this.#pendingChange = false;
    this.#publishedLoadClass = this.#loadClass;
    this.#lastPublishedAtMs = nowMs;
    this.#declaredIntervalMs = this.refreshIntervalMs;
    this.#jitter = jittered(1, REFRESH_JITTER, this.#random);
    return { publish: reason, nextAtMs: this.#nextAtMs() };
  }

  #nextAtMs(): number {
    return Math.min(this.#changeDueAtMs(), this.#loadClassDueAtMs(), this.#refreshDueAtMs());
  }

  #changeDueAtMs(): number {
    return this.#pendingChange ? this.#lastChangeAtMs + this.#gossipIntervalMs : Number.POSITIVE_INFINITY;
  }

  #loadClassDueAtMs(): number {
    if (this.#loadClass === this.#publishedLoadClass) return Number.POSITIVE_INFINITY;
    return this.#lastLoadClassAtMs + LOAD_CLASS_INTERVAL_MS;
  }

  #refreshDueAtMs(): number {
    return this.#lastPublishedAtMs + Math.min(this.refreshIntervalMs, this.#declaredIntervalMs) * this.#jitter;
  }
}
