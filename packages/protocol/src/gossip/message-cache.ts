/**
 * What was received: the ids for 90 s, so that a message is delivered once, and the messages themselves for 30 s, so that a
 * Graft can be answered (PT1, PT3, PT4).
 *
 * Both are in order of insertion, which is the order of expiry. An entry goes when its time is over (`evict`), or as the oldest
 * when the count or the bytes are above their bound: an id dropped early may be delivered twice, a message dropped early has to be
 * grafted from somebody else. Owner: Plumtree.
 */
import type { TopicMessage } from "../wire/gossip-codec.js";
import type { GossipConfig } from "./config.js";

export type GossipMessage = Extract<TopicMessage, { kind: "gossip" }>;

interface CachedMessage {
  readonly message: GossipMessage;
  readonly expiresAtMs: number;
}

export class MessageCache {
  readonly #receivedUntilMs = new Map<string, number>();
  readonly #messages = new Map<string, CachedMessage>();
  readonly #config: GossipConfig;
  #cachedBytes = 0;

  constructor(config: GossipConfig) {
    this.#config = config;
  }

  get receivedIds(): number {
    return this.#receivedUntilMs.size;
  }

  get cachedMessages(): number {
    return this.#messages.size;
  }

  get cachedBytes(): number {
    return this.#cachedBytes;
  }

  hasReceived(id: string): boolean {
    return this.#receivedUntilMs.has(id);
  }

  cached(id: string): GossipMessage | undefined {
    return this.#messages.get(id)?.message;
  }

  /** Marks the id as received and keeps the message as it would be forwarded. */
  insert(message: GossipMessage, nowMs: number): void {
    const { receivedIdsCapacity, messageCacheCapacity, messageCacheMaxBytes } = this.#config;
    this.#receivedUntilMs.delete(message.id);
    this.#receivedUntilMs.set(message.id, nowMs + this.#config.messageIdRetentionMs);
    if (this.#receivedUntilMs.size > receivedIdsCapacity)
      this.#receivedUntilMs.delete(firstKey(this.#receivedUntilMs)!);
    this.#drop(message.id);
    this.#messages.set(message.id, { message, expiresAtMs: nowMs + this.#config.messageCacheRetentionMs });
    this.#cachedBytes += message.content.length;
    while (this.#messages.size > messageCacheCapacity || this.#cachedBytes > messageCacheMaxBytes) {
      this.#drop(firstKey(this.#messages)!);
    }
  }

  /** Removes what has expired. Visits expired entries only. */
  evict(nowMs: number): void {
    for (const [id, untilMs] of this.#receivedUntilMs) {
      if (untilMs > nowMs) break;
      this.#receivedUntilMs.delete(id);
    }
    for (const [id, entry] of this.#messages) {
      if (entry.expiresAtMs > nowMs) break;
      this.#drop(id);
    }
  }

  /** When the next entry expires; undefined when there is none. */
  nextExpiryMs(): number | undefined {
    for (const { expiresAtMs } of this.#messages.values()) return expiresAtMs;
    for (const untilMs of this.#receivedUntilMs.values()) return untilMs;
    return undefined;
  }

  #drop(id: string): void {
    const entry = this.#messages.get(id);
    if (entry === undefined) return;
    this.#messages.delete(id);
    this.#cachedBytes -= entry.message.content.length;
  }
}

function firstKey<V>(map: ReadonlyMap<string, V>): string | undefined {
  for (const key of map.keys()) return key;
  return undefined;
}
