/**
 * Dials the seeds at boot and goes on trying: 1, 2, 4, 8, 16, then 30 s, each with jitter, ten attempts; then the seed is given
 * up as a seed (it stays a contact of the gossip's own rejoining). A seed counts once its hello names a topic of ours.
 * Owner: the node; one task per seed, ended by success, by giving up, or by `stop`.
 */
import { formatSeed, MeshError, type Seed } from "@meshwork/protocol";
import type { PeerInfo, Transport } from "@meshwork/transport";
import type { MeshTopic } from "./meshes.js";

export const SEED_MAX_ATTEMPTS = 10;
const MAX_DELAY_MS = 30_000;
const MAX_UNDER_WAY = 64;

/** 1, 2, 4, 8, 16, 30, 30, … s; the jitter of ±20 % keeps a restarted mesh from dialling in step. */
export function seedDelayMs(attempt: number, random: number): number {
  return Math.min(1_000 * 2 ** (attempt - 1), MAX_DELAY_MS) * (0.8 + 0.4 * random);
}

export interface SeedEvents {
  /** The seed answered and shares these topics. */
  found(seed: Seed, peer: PeerInfo, shared: readonly MeshTopic[]): void;
  retry(seed: Seed, attempt: number, delayMs: number, reason: string): void;
  giveUp(seed: Seed, attempts: number, reason: string): void;
  /** The seed is of another mesh: trying again cannot help. */
  mismatch(seed: Seed, error: MeshError): void;
}

export class SeedDialer {
  readonly #transport: Transport;
  readonly #topics: readonly MeshTopic[];
  readonly #events: SeedEvents;
  readonly #random: () => number;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Seeds with an attempt or a retry to come. */
  readonly #underWay = new Set<string>();
  #stopped = false;

  constructor(options: {
    transport: Transport;
    topics: readonly MeshTopic[];
    random: () => number;
    events: SeedEvents;
  }) {
    this.#transport = options.transport;
    this.#topics = options.topics;
    this.#events = options.events;
    this.#random = options.random;
  }

  get pending(): number {
    return this.#underWay.size;
  }

  /** Dials these; one that is being dialled already is left to its own retries. */
  start(seeds: readonly Seed[]): void {
    for (const seed of seeds) {
      if (seed.id === this.#transport.id || this.#underWay.has(seed.id) || this.#underWay.size >= MAX_UNDER_WAY)
        continue;
      this.#underWay.add(seed.id);
      this.#transport.learnAddresses(seed.id, [seed.address]);
      void this.#attempt(seed, 1);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  async #attempt(seed: Seed, attempt: number): Promise<void> {
    if (this.#stopped) return;
    try {
      const peer = await this.#transport.connect(seed.id);
      if (this.#stopped) return;
      this.#underWay.delete(seed.id);
      const shared = sharedTopics(this.#topics, peer);
      if (shared.length > 0) this.#events.found(seed, peer, shared);
      else this.#events.mismatch(seed, mismatchError(seed, this.#topics, peer));
    } catch (error) {
      if (this.#stopped) return;
      const reason = error instanceof Error ? error.message : String(error);
      if (attempt >= SEED_MAX_ATTEMPTS) {
        this.#underWay.delete(seed.id);
        this.#events.giveUp(seed, attempt, reason);
        return;
      }
      const delayMs = seedDelayMs(attempt, this.#random());
      this.#events.retry(seed, attempt, delayMs, reason);
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        void this.#attempt(seed, attempt + 1);
      }, delayMs);
      this.#timers.add(timer);
    }
  }
}

/** Peers on `/iroh-gossip/1` say no hello: they are taken to share the own mesh's topic. */
export function sharedTopics(topics: readonly MeshTopic[], peer: PeerInfo): MeshTopic[] {
  const hello = peer.hello;
  if (hello === undefined) return topics.filter((topic) => topic.role === "member");
  return topics.filter((topic) => hello.topics.includes(topic.topic));
}

function mismatchError(seed: Seed, topics: readonly MeshTopic[], peer: PeerInfo): MeshError {
  const ours = topics.map((topic) => topic.mesh).join(", ");
  return new MeshError(
    "MESH_E_MESH_MISMATCH",
    `seed ${formatSeed(seed)} is of mesh "${peer.hello?.mesh}", this node takes part in "${ours}"`,
  );
}
