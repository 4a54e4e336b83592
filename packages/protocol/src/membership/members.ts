/**
 * The live members of one mesh: who is in, since when, and who goes first when there is no room.
 *
 * Kept lean, since a simulation holds millions of them: five fields per member, the record itself is shared. Lines as users see
 * them are made on demand. Owner: Directory. Members leave by `remove` (left, expired) and by `makeRoom`.
 */
import { longerName, NAME_ID_DIGITS } from "../names.js";
import { type DigestBits, DirectoryDigest, type Hash } from "./directory-digest.js";
import type { DirectoryEntry, SignedRecord } from "./types.js";

export interface Member {
  signed: SignedRecord;
  receivedAtMs: number;
  firstSeenAtMs: number;
  /** This node has had a connection with it, which proved its key. */
  proven: boolean;
  /** Its place in the list to draw from. */
  at: number;
  /** Local time; absent while not suspected. */
  suspectedSinceMs?: number;
  /** It was buried or expired here, and is back since then. */
  returnedAtMs?: number;
}

/** Ids that were connected before their record came; a handful while a mesh forms. */
const MAX_PROVEN_AHEAD = 1_024;
const DRAWS_PER_SAMPLE = 8;

export class Members {
  readonly #byId = new Map<string, Member>();
  /** The same members, to draw from. */
  readonly #list: Member[] = [];
  readonly #digest: DirectoryDigest;
  readonly #provenAhead = new Set<string>();
  /** Unproven ids, newest last; filled when room is needed. What is no longer true in it is skipped. */
  #evictable: string[] = [];
  #suspected = 0;

  constructor(hash: Hash) {
    this.#digest = new DirectoryDigest(hash);
  }

  get size(): number {
    return this.#byId.size;
  }

  get provenAhead(): number {
    return this.#provenAhead.size;
  }

  get suspected(): number {
    return this.#suspected;
  }

  get(id: string): Member | undefined {
    return this.#byId.get(id);
  }

  values(): IterableIterator<Member> {
    return this.#byId.values();
  }

  digest(bits: DigestBits): Uint8Array {
    return this.#digest.at(bits);
  }

  add(signed: SignedRecord, receivedAtMs: number, nowMs: number): Member {
    const { id } = signed.record;
    const member = {
      signed,
      receivedAtMs,
      firstSeenAtMs: nowMs,
      proven: this.#provenAhead.delete(id),
      at: this.#list.length,
    };
    this.#byId.set(id, member);
    this.#list.push(member);
    this.#digest.toggle(signed.record);
    return member;
  }

  replace(member: Member, signed: SignedRecord, receivedAtMs: number, nowMs: number): void {
    const { record } = member.signed;
    this.#digest.toggle(record);
    this.#digest.toggle(signed.record);
    if (signed.record.generation !== record.generation) {
      member.firstSeenAtMs = nowMs;
      // Another life: what was suspected of the former says nothing of it.
      this.clearSuspicion(member);
    }
    member.signed = signed;
    member.receivedAtMs = receivedAtMs;
  }

  /** Removes this member, and not another one that came in its place. */
  remove(member: Member): void {
    const { record } = member.signed;
    if (this.#byId.get(record.id) !== member) return;
    this.#byId.delete(record.id);
    const last = this.#list.pop();
    if (last !== undefined && last !== member) {
      last.at = member.at;
      this.#list[member.at] = last;
    }
    this.#digest.toggle(record);
    if (member.suspectedSinceMs !== undefined) this.#suspected--;
  }

  /** False where it is suspected already. */
  suspect(member: Member, nowMs: number): boolean {
    if (member.suspectedSinceMs !== undefined) return false;
    member.suspectedSinceMs = nowMs;
    this.#suspected++;
    return true;
  }

  /** False where it was not suspected. */
  clearSuspicion(member: Member): boolean {
    if (member.suspectedSinceMs === undefined) return false;
    delete member.suspectedSinceMs;
    this.#suspected--;
    return true;
  }

  /**
   * Up to `count` members at random of those accepted, each as likely as any other. Draws until it has them; where most draws fail,
   * few are accepted, and it walks all members instead.
   */
  sample(count: number, random: () => number, accept: (member: Member) => boolean): Member[] {
    const drawn = new Set<Member>();
    for (let left = DRAWS_PER_SAMPLE * count; left > 0 && drawn.size < count; left--) {
      const member = this.#list[Math.floor(random() * this.#list.length)];
      if (member !== undefined && !drawn.has(member) && accept(member)) drawn.add(member);
    }
    return drawn.size === count ? [...drawn] : this.#walkForSample(count, random, accept);
  }

  #walkForSample(count: number, random: () => number, accept: (member: Member) => boolean): Member[] {
    const chosen: Member[] = [];
    let seen = 0;
    for (const member of this.#byId.values()) {
      if (!accept(member)) continue;
      seen++;
      if (chosen.length < count) chosen.push(member);
      else {
        const at = Math.floor(random() * seen);
        if (at < count) chosen[at] = member;
      }
    }
    return chosen;
  }

  markProven(id: string): void {
    const member = this.#byId.get(id);
    if (member !== undefined) member.proven = true;
    else if (this.#provenAhead.size < MAX_PROVEN_AHEAD) this.#provenAhead.add(id);
  }

  isProven(id: string): boolean {
    return this.#byId.get(id)?.proven ?? this.#provenAhead.has(id);
  }

  /**
   * Who goes for a newcomer when the directory is full: the newest of those never connected, so that a flood of invented ids
   * displaces itself and not the members that were there before it. `undefined` where all are proven.
   */
  victim(self: string): Member | undefined {
    if (this.#evictable.length === 0) {
      for (const [id, member] of this.#byId) if (!member.proven && id !== self) this.#evictable.push(id);
    }
    for (;;) {
      const id = this.#evictable.pop();
      if (id === undefined) return undefined;
      const member = this.#byId.get(id);
      if (member !== undefined && !member.proven && id !== self) return member;
    }
  }

  /** A newcomer took a victim's place: it is the next to go. */
  markEvictable(id: string): void {
    this.#evictable.push(id);
  }
}

/** A member as users see it. */
export function entryOf(member: Member): DirectoryEntry {
  const { record } = member.signed;
  const { id, mesh, type } = record;
  return {
    id,
    name: longerName(mesh, type, id, NAME_ID_DIGITS),
    mesh,
    type,
    record,
    state: "alive",
    ...(member.suspectedSinceMs === undefined ? {} : { suspectedSinceMs: member.suspectedSinceMs }),
    receivedAtMs: member.receivedAtMs,
    firstSeenAtMs: member.firstSeenAtMs,
  };
}
