/**
 * Join retry: brings a topic without neighbours back to the swarm (JR1, JR2). The Rust version sends a Join once; a seed that is
 * down at that moment, or the loss of all neighbours, leaves such a node alone for ever.
 *
 * At most one timer counts at a time: a token tells it from those that a neighbour has made needless. Retries are capped
 * back-off with jitter. Owner: TopicState; ends with the topic.
 */
import type { GossipConfig } from "./config.js";
import { Contacts } from "./contacts.js";
import type { GossipOutput } from "./events.js";

export class JoinRetry {
  readonly contacts: Contacts;
  readonly #config: GossipConfig;
  readonly #random: () => number;
  #attempt = 0;
  #token = 0;
  #armed = false;

  constructor(config: GossipConfig, random: () => number) {
    this.#config = config;
    this.#random = random;
    this.contacts = new Contacts(config.contactsCapacity);
  }

  /** The single decision: armed exactly while there is no neighbour and somebody to ask. Called after every input. */
  evaluate(neighbors: number, out: GossipOutput[]): void {
    if (neighbors > 0) {
      this.#attempt = 0;
      this.#armed = false;
      return;
    }
    if (this.#armed || this.contacts.size === 0) return;
    const delayMs = this.#config.joinRetryDelaysMs[this.#attempt] ?? this.#config.joinRetrySteadyMs;
    const jitter = 1 + (this.#random() * 2 - 1) * this.#config.joinRetryJitter;
    this.#armed = true;
    this.#attempt++;
    this.#token++;
    out.push({ kind: "schedule", afterMs: delayMs * jitter, timer: { kind: "join-retry", token: this.#token } });
  }

  /** Whom to send a Join now; nobody when the timer is not the one that counts. */
  fire(token: number): string[] {
    if (!this.#armed || token !== this.#token) return [];
    this.#armed = false;
    return this.contacts.next(this.#config.joinRetryFanout);
  }
}
