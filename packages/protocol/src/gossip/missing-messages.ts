/**
 * Messages that were announced but have not come: who announced them with which round, in order of announcement (PT6, PT7).
 *
 * An entry goes when the message comes, when its last announcer was asked or has left, or as the oldest when `capacity` is
 * reached: then only another announcement can bring the message. Owner: Plumtree.
 */
export interface Announcement {
  readonly peer: string;
  readonly round: number;
}

export class MissingMessages {
  readonly #announcements = new Map<string, Announcement[]>();
  readonly #capacity: number;
  readonly #announcersCapacity: number;

  constructor(capacity: number, announcersCapacity: number) {
    this.#capacity = capacity;
    this.#announcersCapacity = announcersCapacity;
  }

  get size(): number {
    return this.#announcements.size;
  }

  announce(id: string, peer: string, round: number): void {
    const known = this.#announcements.get(id);
    if (known !== undefined) {
      if (known.length < this.#announcersCapacity) known.push({ peer, round });
      return;
    }
    if (this.#announcements.size >= this.#capacity) {
      for (const oldest of this.#announcements.keys()) {
        this.#announcements.delete(oldest);
        break;
      }
    }
    this.#announcements.set(id, [{ peer, round }]);
  }

  /** Takes out the first announcer. */
  takeFirst(id: string): Announcement | undefined {
    const known = this.#announcements.get(id);
    const first = known?.shift();
    if (known?.length === 0) this.#announcements.delete(id);
    return first;
  }

  /** Takes out all announcers: the message has come. */
  take(id: string): readonly Announcement[] {
    const known = this.#announcements.get(id);
    if (known === undefined) return [];
    this.#announcements.delete(id);
    return known;
  }

  /** The peer has left. Visits every missing message: there are few, and a neighbour leaves seldom. */
  forgetPeer(peer: string): void {
    for (const [id, known] of this.#announcements) {
      const left = known.filter((announcement) => announcement.peer !== peer);
      if (left.length === 0) this.#announcements.delete(id);
      else if (left.length < known.length) this.#announcements.set(id, left);
    }
  }
}
