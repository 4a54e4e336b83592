/**
 * Keeps each topic tied to a member of its mesh. Observers have few links and are dialled by each other as well: three of them
 * that know only one another are connected, and hear nothing. So a topic without a member among its neighbours counts as cut off:
 * it joins again through members that the directory knows, at most two a look.
 * Owner: the node; looks every 2 s, which costs a walk over at most five neighbours a topic.
 */
import type { Transport } from "@meshwork/transport";
import type { Directories } from "./directories.js";
import type { MeshTopic } from "./meshes.js";

const LOOK_INTERVAL_MS = 2_000;
const JOIN_AT_ONCE = 2;

export interface MemberLinksOptions {
  readonly self: string;
  readonly topics: readonly MeshTopic[];
  readonly transport: Pick<Transport, "peer" | "learnAddresses">;
  readonly directories: Pick<Directories, "entries">;
  readonly neighbors: (mesh: string) => readonly string[];
  readonly join: (mesh: MeshTopic, peers: readonly string[]) => void;
  readonly random: () => number;
}

export class MemberLinks {
  readonly #options: MemberLinksOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: MemberLinksOptions) {
    this.#options = options;
  }

  start(): void {
    // In step with nobody: nodes that were started together must not join together.
    this.#timer = setInterval(() => this.look(), LOOK_INTERVAL_MS * (0.9 + 0.2 * this.#options.random()));
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  look(): void {
    for (const topic of this.#options.topics) {
      if (this.#hasMember(topic)) continue;
      const members = this.#options.directories
        .entries({ mesh: topic.mesh })
        .filter(({ id }) => id !== this.#options.self);
      const chosen: string[] = [];
      while (chosen.length < JOIN_AT_ONCE && members.length > 0) {
        const [entry] = members.splice(Math.floor(this.#options.random() * members.length), 1);
        if (entry === undefined) break;
        this.#options.transport.learnAddresses(entry.id, entry.record.addresses);
        chosen.push(entry.id);
      }
      if (chosen.length > 0) this.#options.join(topic, chosen);
    }
  }

  /**
   * A peer without a hello is of another make: it carries records, but has no directory to sync with, so it does not count.
   * (Two nodes with Rust neighbours alone had each other's record only at its next refresh, 9.5 s after the join.)
   */
  #hasMember(topic: MeshTopic): boolean {
    return this.#options.neighbors(topic.mesh).some((id) => {
      const peer = this.#options.transport.peer(id);
      return peer === undefined || peer.hello?.mesh === topic.mesh;
    });
  }
}
