/**
 * The last half hour, as changes: who was a member in which state, which links were reported, and the marks that say what happened.
 * From a base and the changes since, the state at any moment in between is rebuilt.
 *
 * Its times are one line that never jumps: wall time when the console started, and monotonic time since. Owner: ConsoleModel. An entry
 * leaves after `WINDOW_MS`, or as the oldest above `maxEntries` or `maxBytes`; what it changed goes into the base, which holds no more
 * rows than the tables that it follows.
 */
import type { HistoryMark, HistoryState, HistoryStore, HistoryView } from "../api-types.js";
import type { ConsoleClock } from "../clock.js";
import type { EventInput } from "../live/event-log.js";
import type { VersionClock } from "../version-clock.js";
import { type Change, PastState } from "./past-state.js";

export const WINDOW_MS = 1_800_000;
const MAX_ENTRIES = 20_000;
const MAX_BYTES = 8 * 1024 * 1024;
/** Of an entry beside its texts, which are strings shared with the tables for the greater part: an estimate on the high side. */
const ENTRY_BYTES = 240;

type Mark = Omit<HistoryMark, "ageMs" | "atMs">;

interface Entry {
  readonly atMs: number;
  readonly version: number;
  readonly bytes: number;
  readonly mark: Mark | undefined;
  readonly change: Change | undefined;
}

export interface HistoryLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

type Member = Omit<Parameters<PastState["setMember"]>[0], "sinceMs">;
type Link = Parameters<PastState["setLink"]>[0];
type NameOf = (id: string) => string | null;

export class History {
  readonly #clock: ConsoleClock;
  readonly #versions: VersionClock;
  readonly #limits: HistoryLimits;
  readonly #originMs: number;
  /** As of the oldest entry held. */
  readonly #base = new PastState();
  readonly #now = new PastState();
  #entries: Entry[] = [];
  /** Entries before it have gone: the array is cut in blocks. */
  #first = 0;
  #bytes = 0;
  #evicted = 0;
  #nextMarkId = 1;
  #reachesMs: number;

  constructor(
    versions: VersionClock,
    clock: ConsoleClock,
    limits: HistoryLimits = { maxEntries: MAX_ENTRIES, maxBytes: MAX_BYTES },
  ) {
    this.#versions = versions;
    this.#clock = clock;
    this.#limits = limits;
    this.#originMs = clock.wallMs() - clock.nowMs();
    this.#reachesMs = this.#nowMs();
  }

  get size(): number {
    return this.#entries.length - this.#first;
  }

  #nowMs(): number {
    return this.#originMs + this.#clock.nowMs();
  }

  /** Something worth a mark that changes neither members nor links by itself. */
  event({ kind, severity, node, mesh, message }: EventInput): void {
    this.#add({ kind, severity, node, mesh, peer: null, message }, undefined);
  }

  /** The member as it stands; nothing where that is known. */
  member({ key, id, name, mesh, type, state }: Member): void {
    const held = this.#now.member(key);
    if (held?.state === state && held.name === name && held.id === id && held.mesh === mesh && held.type === type)
      return;
    const sinceMs = held?.state === state ? held.sinceMs : this.#nowMs();
    this.#add(undefined, { kind: "member", member: { key, id, name, mesh, type, state, sinceMs } });
  }

  /** These and no others are listed. */
  onlyMembers(listed: { readonly size: number; has(key: string): boolean }): void {
    if (listed.size === this.#now.memberCount) return;
    for (const key of this.#now.memberKeys()) if (!listed.has(key)) this.#add(undefined, { kind: "member-gone", key });
  }

  /** The link as its ends report it now. */
  link(link: Link, nameOf: NameOf): void {
    const held = this.#now.link(link.key);
    if (held?.aReports === link.aReports && held.bReports === link.bReports) return;
    this.#add(held === undefined ? linkMark("up", link, nameOf) : undefined, { kind: "link", link });
  }

  linkGone(key: string, nameOf: NameOf): void {
    const held = this.#now.link(key);
    if (held !== undefined) this.#add(linkMark("down", held, nameOf), { kind: "link-gone", key });
  }

  /** Somebody looks, or nobody does any more: links are known only while figures come. */
  watched(on: boolean): void {
    this.#add(undefined, { kind: "watched", on, atMs: this.#nowMs() });
  }

  #add(mark: Omit<Mark, "id"> | undefined, change: Change | undefined): void {
    if (change !== undefined) this.#now.apply(change);
    const bytes = ENTRY_BYTES + 2 * (mark?.message.length ?? 0);
    const numbered = mark === undefined ? undefined : { ...mark, id: this.#nextMarkId++ };
    const times = { atMs: this.#nowMs(), version: this.#versions.next() };
    this.#entries.push({ ...times, bytes, mark: numbered, change });
    this.#bytes += bytes;
    this.sweep();
  }

  /** Lets the oldest go. */
  sweep(): void {
    const { maxEntries, maxBytes } = this.#limits;
    const oldestMs = this.#nowMs() - WINDOW_MS;
    for (let entry = this.#entries[this.#first]; entry !== undefined; entry = this.#entries[this.#first]) {
      const tooOld = entry.atMs < oldestMs;
      if (!tooOld && this.size <= maxEntries && this.#bytes <= maxBytes) break;
      if (!tooOld) this.#evicted += 1;
      if (entry.change !== undefined) this.#base.apply(entry.change);
      this.#reachesMs = entry.atMs;
      this.#bytes -= entry.bytes;
      this.#first += 1;
    }
    if (this.#first > 1_024 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }

  store(): HistoryStore {
    const { maxEntries, maxBytes } = this.#limits;
    return { entries: this.size, bytes: this.#bytes, maxEntries, maxBytes, evictedEntries: this.#evicted };
  }

  /** Oldest first. Those after `sinceVersion`, at most the newest `limit`. */
  marks(limit: number, sinceVersion = 0): HistoryMark[] {
    const nowMs = this.#nowMs();
    const marks: HistoryMark[] = [];
    for (let at = this.#entries.length - 1; at >= this.#first && marks.length < limit; at -= 1) {
      const { atMs, version, mark } = this.#entries[at]!;
      if (version <= sinceVersion) break;
      if (mark !== undefined) marks.push({ ...mark, atMs, ageMs: Math.max(0, nowMs - atMs) });
    }
    return marks.reverse();
  }

  view(limit: number): HistoryView {
    this.sweep();
    const nowMs = this.#nowMs();
    const fromMs = Math.max(this.#reachesMs, nowMs - WINDOW_MS);
    return { atMs: nowMs, windowMs: WINDOW_MS, reachesAtMs: fromMs, store: this.store(), marks: this.marks(limit) };
  }

  /** Undefined before the oldest moment that can be rebuilt. A moment to come is now. */
  at(momentMs: number): HistoryState | undefined {
    this.sweep();
    const nowMs = this.#nowMs();
    if (momentMs < Math.max(this.#reachesMs, nowMs - WINDOW_MS)) return undefined;
    const state = this.#base.copy();
    for (let at = this.#first; at < this.#entries.length; at += 1) {
      const { atMs, change } = this.#entries[at]!;
      if (atMs > momentMs) break;
      if (change !== undefined) state.apply(change);
    }
    const atMs = Math.min(momentMs, nowMs);
    return { atMs, ageMs: nowMs - atMs, ...state.view(atMs) };
  }
}

function linkMark(way: "up" | "down", { mesh, a, b }: Link, nameOf: NameOf): Omit<Mark, "id"> {
  const [node, peer] = [nameOf(a) ?? a, nameOf(b) ?? b];
  const message = way === "up" ? `${node} – ${peer}: link reported` : `${node} – ${peer}: link reported no more`;
  return { kind: `link.${way}`, severity: "info", node, mesh, peer, message };
}
