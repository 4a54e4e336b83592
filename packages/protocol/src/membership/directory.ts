/**
 * Directory of one mesh: the live members as this node knows them. A pure machine: verified records, time and an occasional
 * `expire` go in; outcomes and changes come out.
 *
 * 1. Per id the highest (generation, sequence) wins, whatever the order of arrival.
 * 2. A leave ends its generation, whatever the sequence of records that come before or after it.
 * 3. The same (generation, sequence) never renews a member: its age only grows, however often and from wherever it comes.
 * 4. Members end by leaving, by staleness (counted from local receipt), or as never connected ones when there is no room.
 * 5. The own record is set by its node alone; meeting another claim to it is reported, never applied.
 * 6. A death ends the version it names; the accused comes back with a higher sequence. A suspicion changes nothing but its mark.
 *
 * Owner: the node, one per mesh that it takes part in. Caps: `maxMembers`, max(4,096, 4 × live) tombstones, 256 newcomer
 * buckets, 8,192 uncollected changes, 256 recent departures.
 */
import type { Obituary } from "../wire/obituary.js";
import {
  ACCEPTED_NEW,
  type ApplyOutcome,
  carriedAge,
  DUPLICATE,
  FULL,
  OLDER,
  type RecordSource,
  STALE,
  WRONG_MESH,
} from "./apply-outcome.js";
import { ChangeQueue } from "./change-queue.js";
import { type Departure, Departures } from "./departures.js";
import { bucketOf, type DigestBits, type Hash } from "./directory-digest.js";
import { entryOf, type Member, Members } from "./members.js";
import { NewcomerLimit } from "./newcomer-limit.js";
import {
  judgeObituary,
  type ObituaryContext,
  type ObituaryOutcome,
  type ObituarySource,
  RETURNED_MS,
} from "./obituary-rules.js";
import { compareOwn } from "./own-claim.js";
import { isWorthTelling } from "./record-changes.js";
import { refreshIntervalMs, stalenessLimitMs } from "./staleness.js";
import { buries, type Tombstone, Tombstones, tombstoneTtlMs } from "./tombstones.js";
import type { DirectoryChange, DirectoryEntry, NodeRecord, SignedRecord } from "./types.js";
import { compareVersions, type RecordVersion } from "./version-order.js";

/** MESH_MAX_MEMBERS. */
export const DEFAULT_MAX_MEMBERS = 20_000;
/** Staleness shrinks with the mesh: a walk is due then, even where no deadline has passed, but not after each death of many. */
const MIN_SHRUNK_SCAN_GAP_MS = 10_000;
const EXPECTATION_MS = 600_000;

export interface DirectoryOptions {
  readonly mesh: string;
  /** The node's own id; it is a member once `setOwn` was called. */
  readonly self: string;
  /** For the digests that sync compares; blake3-256 on the wire. */
  readonly hash: Hash;
  /** MESH_STALENESS_MS: upper bound of the staleness. */
  readonly stalenessMs?: number | undefined;
  /** Default 20,000. */
  readonly maxMembers?: number | undefined;
}

export class Directory implements ObituaryContext {
  readonly mesh: string;
  readonly self: string;
  readonly #stalenessBoundMs: number | undefined;
  readonly #maxMembers: number;
  readonly #members: Members;
  readonly #tombstones = new Tombstones();
  readonly #departures = new Departures();
  readonly #newcomers = new NewcomerLimit();
  readonly #changes = new ChangeQueue();
  #own: SignedRecord | undefined;
  /** No member can be stale before this time. */
  #nextScanAtMs = 0;
  /** The last walk, and the interval of its time. */
  #scannedAtMs = Number.NEGATIVE_INFINITY;
  #scannedIntervalMs = 0;
  #longestStalenessMs = 0;
  #expectedMembers = 0;
  #expectedUntilMs = 0;

  constructor(options: DirectoryOptions) {
    this.mesh = options.mesh;
    this.self = options.self;
    this.#stalenessBoundMs = options.stalenessMs;
    this.#maxMembers = options.maxMembers ?? DEFAULT_MAX_MEMBERS;
    this.#members = new Members(options.hash);
  }

  /** Live members, the own record included. */
  get size(): number {
    return this.#members.size;
  }

  sizes(): Readonly<Record<string, number>> {
    return {
      directoryEntries: this.#members.size,
      directoryTombstones: this.#tombstones.size,
      directoryDepartures: this.#departures.size,
      directorySuspected: this.#members.suspected,
      directoryNewcomerBuckets: this.#newcomers.size,
      directoryProvenAhead: this.#members.provenAhead,
      directoryPendingChanges: this.#changes.size,
    };
  }

  get(id: string): DirectoryEntry | undefined {
    const member = this.#members.get(id);
    return member === undefined ? undefined : entryOf(member);
  }

  entries(): DirectoryEntry[] {
    return Array.from(this.#members.values(), entryOf);
  }

  /** The newest envelope of a live member, and how old it is here. */
  envelopeOf(id: string, nowMs: number): { readonly signed: SignedRecord; readonly ageMs: number } | undefined {
    const member = this.#members.get(id);
    if (member === undefined) return undefined;
    return { signed: member.signed, ageMs: Math.max(0, nowMs - member.receivedAtMs) };
  }

  tombstoneOf(id: string): Tombstone | undefined {
    return this.#tombstones.get(id);
  }

  versionOf(id: string): RecordVersion | undefined {
    return this.#members.get(id)?.signed.record;
  }

  deadVersionOf(id: string): RecordVersion | undefined {
    const tombstone = this.#tombstones.get(id);
    return tombstone?.state === "dead" ? tombstone : undefined;
  }

  unsuspectedBeside(id: string): number {
    const member = this.#members.get(id);
    const counted = member !== undefined && member.suspectedSinceMs === undefined ? 1 : 0;
    return this.#members.size - this.#members.suspected - counted;
  }

  /** Up to `count` live ids at random, the own one and those under suspicion left out. Walks all members. */
  sample(count: number, random: () => number, accept: (id: string) => boolean): string[] {
    const chosen = this.#members.sample(count, random, ({ signed, suspectedSinceMs }) => {
      const { id } = signed.record;
      return id !== this.self && suspectedSinceMs === undefined && accept(id);
    });
    return chosen.map((member) => member.signed.record.id);
  }

  /** Who has left, died or expired within 24 hours, newest first; at most 256. */
  departed(): Departure[] {
    return this.#departures.list();
  }

  /** Ids held for dead, for the merged digest. */
  deadIds(): IterableIterator<string> {
    return this.#tombstones.deadIds();
  }

  /** 2^bits digests of the live (id, generation, sequence). */
  digest(bits: DigestBits): Uint8Array {
    return this.#members.digest(bits);
  }

  /** Records of the live members in these buckets. Walks all members. */
  recordsIn(bits: DigestBits, buckets: ReadonlySet<number>): NodeRecord[] {
    const found: NodeRecord[] = [];
    for (const { signed } of this.#members.values()) {
      if (buckets.has(bucketOf(signed.record.id, bits))) found.push(signed.record);
    }
    return found;
  }

  /** The interval that a node of this mesh declares now. */
  refreshIntervalMs(): number {
    return refreshIntervalMs(this.#members.size, this.#stalenessBoundMs);
  }

  /** How long this record lives here after receipt. */
  stalenessMs(record: NodeRecord): number {
    return stalenessLimitMs(record.refreshIntervalMs, this.#expectedIntervalMs(), this.#stalenessBoundMs);
  }

  /**
   * What another side of a sync says of its size. Until the own directory has filled, it counts for how long records may live:
   * a newcomer that knows nobody would else take the long intervals of a large mesh for lies. Forgotten after ten minutes.
   */
  expectMembers(live: number, nowMs: number): void {
    this.#expectedMembers = Math.max(this.#expectedMembers, Math.min(live, this.#maxMembers));
    this.#expectedUntilMs = nowMs + EXPECTATION_MS;
  }

  /** True where applying this record could matter, so that its signature is worth verifying (67 µs). */
  wants(signed: SignedRecord): boolean {
    const { record } = signed;
    if (record.mesh !== this.mesh) return false;
    if (record.id === this.self) return compareOwn(signed, this.#own).kind === "self-conflict";
    const tombstone = this.#tombstones.get(record.id);
    const held = this.#members.get(record.id)?.signed.record;
    if (record.status === "leaving") {
      const known = held?.generation ?? tombstone?.generation;
      if (known === undefined || known < record.generation) return true;
      return known === record.generation && tombstone?.state !== "left";
    }
    if (tombstone !== undefined && buries(tombstone, record)) return tombstone.state !== "expired";
    return held === undefined || compareVersions(record, held) > 0;
  }

  /**
   * False where it brings a new identity and the neighbour that delivered it has brought too many; sync will bring it. Takes a token,
   * and is asked before the signature is verified: a flood of invented ids would else cost that for each.
   */
  admits({ record }: SignedRecord, source: RecordSource, nowMs: number): boolean {
    const { deliveredBy, viaSync } = source;
    if (viaSync === true || deliveredBy === undefined || record.id === this.self) return true;
    if (this.#members.get(record.id) !== undefined) return true;
    // A leave of somebody unknown takes room too; what was known and is buried does not.
    const tombstone = this.#tombstones.get(record.id);
    if (tombstone !== undefined && (record.status === "leaving" || buries(tombstone, record))) return true;
    return this.#newcomers.take(deliveredBy, nowMs);
  }

  /** Changes since the last call, in order. */
  takeChanges(): readonly DirectoryChange[] {
    return this.#changes.take();
  }

  /** Remembers that this id has proven its key in a connection: it is not the first to go when the directory is full. */
  markProven(id: string): void {
    this.#members.markProven(id);
  }

  /** Sets the own record, before it is published. The own member never goes stale; a leaving one ends it. */
  setOwn(signed: SignedRecord, nowMs: number): void {
    const { record } = signed;
    if (record.id !== this.self || record.mesh !== this.mesh) throw new RangeError("setOwn: not the own record");
    if (record.status === "leaving") {
      this.#own = undefined;
      this.#applyLeave(signed, {}, nowMs);
      return;
    }
    this.#own = signed;
    this.#tombstones.delete(record.id);
    const member = this.#members.get(record.id);
    if (member === undefined) this.#join(signed, nowMs, nowMs);
    else this.#update(member, signed, nowMs, nowMs);
  }

  /** Applies a record whose signature is verified. Changes are collected for `takeChanges`. */
  apply(signed: SignedRecord, source: RecordSource, nowMs: number): ApplyOutcome {
    const { record } = signed;
    if (record.mesh !== this.mesh) return WRONG_MESH;
    if (record.id === this.self) return compareOwn(signed, this.#own);
    if (record.status === "leaving") return this.#applyLeave(signed, source, nowMs);
    const tombstone = this.#tombstones.get(record.id);
    if (tombstone !== undefined && buries(tombstone, record)) {
      return tombstone.state === "expired" ? STALE : { kind: "buried", tombstone };
    }
    const member = this.#members.get(record.id);
    const order = member === undefined ? 1 : compareVersions(record, member.signed.record);
    if (order <= 0) return order === 0 ? DUPLICATE : OLDER;
    const ageMs = carriedAge(source);
    if (ageMs > this.stalenessMs(record)) return STALE;
    if (member !== undefined) {
      const previous = member.signed.record;
      // A newer record was received after the one it replaces, whatever the ages say.
      this.#update(member, signed, Math.max(member.receivedAtMs, nowMs - ageMs), nowMs);
      return { kind: "accepted-newer", previous };
    }
    if (this.#members.size >= this.#maxMembers && !this.#makeRoom(record.id, nowMs)) return FULL;
    this.#join(signed, nowMs - ageMs, nowMs);
    return ACCEPTED_NEW;
  }

  /** The failure detector suspects it: a mark for those who look, and one less to ask. False where nothing changed. */
  suspect(id: string, nowMs: number): boolean {
    const member = this.#members.get(id);
    if (member === undefined || id === this.self || !this.#members.suspect(member, nowMs)) return false;
    this.#changes.push({ kind: "suspected", entry: entryOf(member), atMs: nowMs });
    return true;
  }

  /** It lives. False where it was not suspected. */
  clearSuspicion(id: string, nowMs: number): boolean {
    const member = this.#members.get(id);
    if (member === undefined || !this.#members.clearSuspicion(member)) return false;
    this.#changes.push({ kind: "refuted", entry: entryOf(member), atMs: nowMs });
    return true;
  }

  isSuspected(id: string): boolean {
    return this.#members.get(id)?.suspectedSinceMs !== undefined;
  }

  /** True where this member was given up here, and is back for less than RETURNED_MS. */
  hasReturned(id: string, nowMs: number): boolean {
    const returnedAtMs = this.#members.get(id)?.returnedAtMs;
    return returnedAtMs !== undefined && nowMs - returnedAtMs < RETURNED_MS;
  }

  /** True where an obituary could matter, so that its signatures are worth verifying. */
  wantsObituary(obituary: Obituary, source: ObituarySource): boolean {
    const { kind } = judgeObituary(obituary, source, this);
    return kind === "apply" || kind === "self" || kind === "contradicted" || kind === "doubtful";
  }

  /** Applies an obituary whose signatures are verified. What each outcome asks of the caller: obituary-rules.ts. */
  applyObituary(obituary: Obituary, source: ObituarySource, nowMs: number): ObituaryOutcome {
    const judged = judgeObituary(obituary, source, this);
    if (judged.kind !== "apply") return judged;
    const { accused: id, generation, sequence, issuer, witness, bytes } = obituary;
    const member = this.#members.get(id)!;
    const by = witness === undefined ? [issuer.id] : [issuer.id, witness.id];
    this.#members.remove(member);
    const tombstone = { id, generation, sequence, state: "dead", atMs: nowMs, obituary: bytes, by } as const;
    this.#tombstones.bury(tombstone, this.#members.size);
    const entry = entryOf(member);
    this.#departures.add({ entry, state: "dead", sinceMs: nowMs, by });
    this.#changes.push({ kind: "dead", entry, by, atMs: nowMs });
    return { kind: "applied", entry };
  }

  /** Removes who has not been heard of for longer than its staleness; returns them. Changes are collected too. */
  expire(nowMs: number): readonly DirectoryEntry[] {
    this.#newcomers.sweep(nowMs);
    if (nowMs > this.#expectedUntilMs) this.#expectedMembers = 0;
    this.#departures.expire(nowMs);
    this.#tombstones.expire(nowMs, tombstoneTtlMs(this.#longestStalenessMs));
    if (!this.#isScanDue(nowMs)) return NOBODY;
    const expired: Member[] = [];
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const member of this.#members.values()) {
      const { record } = member.signed;
      if (record.id === this.self) continue;
      const staleAtMs = member.receivedAtMs + this.stalenessMs(record);
      if (staleAtMs < nowMs) expired.push(member);
      else if (staleAtMs < earliestMs) earliestMs = staleAtMs;
    }
    this.#nextScanAtMs = earliestMs;
    this.#scannedAtMs = nowMs;
    this.#scannedIntervalMs = this.#expectedIntervalMs();
    return expired.map((member) => {
      const { id, generation, sequence } = member.signed.record;
      this.#members.remove(member);
      this.#tombstones.bury({ id, generation, sequence, state: "expired", atMs: nowMs }, this.#members.size);
      const entry = entryOf(member);
      this.#departures.add({ entry, state: "expired", sinceMs: nowMs, by: NOBODY_IDS });
      this.#changes.push({ kind: "expired", entry, atMs: nowMs });
      return entry;
    });
  }

  #expectedIntervalMs(): number {
    return refreshIntervalMs(Math.max(this.#members.size, this.#expectedMembers));
  }

  #isScanDue(nowMs: number): boolean {
    if (nowMs >= this.#nextScanAtMs) return true;
    return this.#expectedIntervalMs() < this.#scannedIntervalMs && nowMs >= this.#scannedAtMs + MIN_SHRUNK_SCAN_GAP_MS;
  }

  #join(signed: SignedRecord, receivedAtMs: number, nowMs: number): void {
    const tombstone = this.#tombstones.get(signed.record.id);
    this.#tombstones.delete(signed.record.id);
    this.#departures.returned(signed.record.id);
    const member = this.#members.add(signed, receivedAtMs, nowMs);
    if (tombstone !== undefined && tombstone.state !== "left") member.returnedAtMs = nowMs;
    this.#expectStale(member);
    this.#changes.push({ kind: "joined", entry: entryOf(member), atMs: nowMs });
  }

  #update(member: Member, signed: SignedRecord, receivedAtMs: number, nowMs: number): void {
    const before = member.signed.record;
    const previous = isWorthTelling(before, signed.record) ? entryOf(member) : undefined;
    this.#members.replace(member, signed, receivedAtMs, nowMs);
    this.#expectStale(member);
    if (previous !== undefined) {
      this.#changes.push({ kind: "updated", entry: entryOf(member), previous, atMs: nowMs });
    }
  }

  #expectStale(member: Member): void {
    const stalenessMs = this.stalenessMs(member.signed.record);
    this.#longestStalenessMs = Math.max(this.#longestStalenessMs, stalenessMs);
    this.#nextScanAtMs = Math.min(this.#nextScanAtMs, member.receivedAtMs + stalenessMs);
  }

  #applyLeave(signed: SignedRecord, source: RecordSource, nowMs: number): ApplyOutcome {
    const { id, generation, sequence } = signed.record;
    const tombstone = this.#tombstones.get(id);
    if (tombstone !== undefined && tombstone.generation >= generation) {
      if (tombstone.generation > generation) return OLDER;
      if (tombstone.state === "left") return DUPLICATE;
    }
    const member = this.#members.get(id);
    if (member !== undefined && member.signed.record.generation > generation) return OLDER;
    if (member !== undefined) this.#members.remove(member);
    const atMs = nowMs - carriedAge(source);
    this.#tombstones.bury({ id, generation, sequence, state: "left", atMs, leave: signed.bytes }, this.#members.size);
    if (member === undefined) return { kind: "left", entry: undefined };
    const entry = entryOf(member);
    this.#departures.add({ entry, state: "left", sinceMs: atMs, by: NOBODY_IDS });
    this.#changes.push({ kind: "left", entry, atMs: nowMs });
    return { kind: "left", entry };
  }

  #makeRoom(newcomer: string, nowMs: number): boolean {
    const victim = this.#members.victim(this.self);
    if (victim === undefined) return false;
    this.#members.remove(victim);
    this.#changes.push({ kind: "expired", entry: entryOf(victim), atMs: nowMs, evicted: true });
    if (!this.#members.isProven(newcomer)) this.#members.markEvictable(newcomer);
    return true;
  }
}

const NOBODY: readonly DirectoryEntry[] = [];
const NOBODY_IDS: readonly string[] = [];
