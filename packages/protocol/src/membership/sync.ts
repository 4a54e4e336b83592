/**
 * Directory sync: one session of anti-entropy between two nodes over the directory of one mesh, on a stream of its own (tag 0x03).
 *
 *   initiator                         responder
 *   root (live, digest)         →
 *                               ←     equal                                  the end: one small round
 *                               ←     or buckets (16 or 256 digests)
 *   ids of differing buckets    →
 *                               ←     records that are newer here, leaves and obituaries that contradict; want: ids newer there
 *   records asked for, leaves, … →                                            the end
 *
 * A pure machine: frames and time go in, frames and records to verify come out. It never changes a member by itself: the
 * caller verifies signatures (in slices of 5 ms) and applies what holds with the age that came along, so that a record gets older
 * on its way and is never renewed by it. Run `directory.expire(now)` before a session: what is stale here is no news there.
 *
 * Bounds: 64 KiB per frame, 65,536 ids and 64 MiB received, 4,096 records each way. What is left over is counted
 * (`truncated`), and the next session goes on where this one ended. Owner: the shell's stream; it ends with `done` or `failed`,
 * and the shell gives it a deadline.
 */
import { DecodeError } from "../errors.js";
import { decodeBroadcast } from "../wire/broadcast.js";
import type { Obituary } from "../wire/obituary.js";
import {
  decodeSyncFrame,
  encodeSyncFrame,
  MAX_IDS_PER_FRAME,
  MAX_SYNC_FRAME_BYTES,
  type SyncFrame,
  type SyncItem,
  type SyncVersion,
} from "../wire/sync.js";
import type { Directory } from "./directory.js";
import { DIGEST_BYTES, type DigestBits } from "./directory-digest.js";
import { buries, tombstoneAnswer } from "./tombstones.js";
import type { SignedRecord } from "./types.js";
import { compareVersions, type RecordVersion } from "./version-order.js";

export const SYNC_LIMITS = { ids: 65_536, records: 4_096, receivedBytes: 64 * 1_048_576 } as const;
/** Up to this size 16 buckets are enough: a bucket then holds eight ids, 400 bytes. */
const COARSE_UP_TO_MEMBERS = 128;
const FRAME_BUDGET_BYTES = MAX_SYNC_FRAME_BYTES - 512;

export interface SyncResult {
  readonly equal: boolean;
  /** Why the other side would not. */
  readonly refused?: string;
  readonly sentRecords: number;
  /** Handed out for verification; how many of them held, the shell knows. */
  readonly receivedRecords: number;
  /** Envelopes that could not be read: the peer is newer, or hostile. */
  readonly unreadable: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** More differs than one session carries: start another. */
  readonly truncated: boolean;
}

export interface ReceivedRecord {
  readonly signed: SignedRecord;
  /** When the frame was handled. Whoever applies it later adds the time since. */
  readonly ageMs: number;
}

export type SyncOutput =
  | { readonly kind: "send"; readonly frame: Uint8Array }
  /** Verify each, then `directory.apply(signed, { viaSync: true, ageMs }, now)`. */
  | {
      readonly kind: "verify";
      readonly records: readonly ReceivedRecord[];
      /** What the other side holds of members that live here. Verify each, then `applyObituary(…, { doubted: true })`. */
      readonly obituaries?: readonly Obituary[];
    }
  /** Finish the sending half; nothing more is read. */
  | { readonly kind: "done"; readonly result: SyncResult }
  /** The peer broke the rules: reset the stream. */
  | { readonly kind: "failed"; readonly error: DecodeError };

type State = "new" | "root-sent" | "buckets-sent" | "ids-sent" | "offer-sent" | "ended";

/** The mesh that an opening frame is about, so that the responder can find the directory. Throws `DecodeError`. */
export function syncMeshOf(frame: Uint8Array): string {
  const root = decodeSyncFrame(frame);
  if (root.kind !== "root") throw new DecodeError(`a sync opens with root, not with ${root.kind}`);
  return root.mesh;
}

export class SyncSession {
  readonly #directory: Directory;
  #state: State = "new";
  #bits: DigestBits = 8;
  readonly #buckets = new Set<number>();
  readonly #theirs = new Map<string, RecordVersion>();
  readonly #wanted = new Set<string>();
  /** Leaves and obituaries that contradict what the other side showed. */
  readonly #leaves = new Map<string, SyncItem>();
  #outputs: SyncOutput[] = [];
  #sentRecords = 0;
  #receivedRecords = 0;
  #unreadable = 0;
  #sentBytes = 0;
  #receivedBytes = 0;
  #truncated = false;

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  get ended(): boolean {
    return this.#state === "ended";
  }

  /** Opens as initiator. The responder just handles what comes. */
  start(): readonly SyncOutput[] {
    if (this.#state !== "new") throw new RangeError("a sync session starts once");
    this.#send({
      kind: "root",
      mesh: this.#directory.mesh,
      live: this.#directory.size,
      digest: this.#directory.digest(0),
    });
    this.#state = "root-sent";
    return this.#take();
  }

  /** Takes one frame of the other side. Frames after the end are ignored. */
  handle(frame: Uint8Array, nowMs: number): readonly SyncOutput[] {
    if (this.#state === "ended") return [];
    this.#receivedBytes += frame.length;
    try {
      if (this.#receivedBytes > SYNC_LIMITS.receivedBytes) throw new DecodeError("a sync of more than 64 MiB");
      this.#dispatch(decodeSyncFrame(frame), nowMs);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#state = "ended";
      this.#outputs.push({ kind: "failed", error });
    }
    return this.#take();
  }

  #dispatch(frame: SyncFrame, nowMs: number): void {
    const state = this.#state;
    if (frame.kind === "root" && state === "new") this.#onRoot(frame, nowMs);
    else if (frame.kind === "equal" && (state === "root-sent" || state === "buckets-sent")) this.#end({ equal: true });
    else if (frame.kind === "refused") this.#end({ equal: false, refused: frame.reason });
    else if (frame.kind === "buckets" && state === "root-sent") this.#onBuckets(frame, nowMs);
    else if (frame.kind === "ids" && state === "buckets-sent") this.#onIds(frame, nowMs);
    else if (frame.kind === "records" && state === "ids-sent") this.#onRecords(frame.items, nowMs);
    else if (frame.kind === "want" && state === "ids-sent") this.#onWant(frame, nowMs);
    else if (frame.kind === "records" && state === "offer-sent") {
      this.#onRecords(frame.items, nowMs);
      if (frame.last) this.#end({ equal: false });
    } else throw new DecodeError(`sync frame ${frame.kind} is out of turn (${state})`);
  }

  #onRoot(frame: SyncFrame & { kind: "root" }, nowMs: number): void {
    if (frame.mesh !== this.#directory.mesh) {
      this.#send({ kind: "refused", reason: `mesh_mismatch: ${this.#directory.mesh}` });
      this.#end({ equal: false, refused: "mesh_mismatch" });
      return;
    }
    const live = this.#directory.size;
    this.#directory.expectMembers(frame.live, nowMs);
    if (frame.live === live && sameBytes(frame.digest, this.#directory.digest(0))) {
      this.#send({ kind: "equal" });
      this.#end({ equal: true });
      return;
    }
    this.#bits = Math.max(live, frame.live) <= COARSE_UP_TO_MEMBERS ? 4 : 8;
    this.#send({ kind: "buckets", live, bits: this.#bits, digests: this.#directory.digest(this.#bits) });
    this.#state = "buckets-sent";
  }

  #onBuckets(frame: SyncFrame & { kind: "buckets" }, nowMs: number): void {
    this.#directory.expectMembers(frame.live, nowMs);
    const own = this.#directory.digest(frame.bits);
    for (let bucket = 0; bucket < 1 << frame.bits; bucket++) {
      const start = bucket * DIGEST_BYTES;
      if (!sameBytes(own.subarray(start, start + DIGEST_BYTES), frame.digests.subarray(start, start + DIGEST_BYTES))) {
        this.#buckets.add(bucket);
      }
    }
    if (this.#buckets.size === 0) {
      // They became the same while the frames were on their way.
      this.#send({ kind: "equal" });
      this.#end({ equal: true });
      return;
    }
    const versions = this.#directory.recordsIn(frame.bits, this.#buckets);
    const buckets = [...this.#buckets];
    inChunks(versions, MAX_IDS_PER_FRAME, (chunk, last) => {
      this.#send({ kind: "ids", bits: frame.bits, buckets, versions: chunk, last });
    });
    this.#state = "ids-sent";
  }

  #onIds(frame: SyncFrame & { kind: "ids" }, nowMs: number): void {
    if (frame.bits !== this.#bits) throw new DecodeError(`ids at ${frame.bits} bits instead of ${this.#bits}`);
    for (const bucket of frame.buckets) this.#buckets.add(bucket);
    for (const { id, generation, sequence } of frame.versions) this.#theirs.set(id, { generation, sequence });
    if (this.#theirs.size > SYNC_LIMITS.ids) throw new DecodeError(`a sync of more than ${SYNC_LIMITS.ids} ids`);
    if (frame.last) this.#offer(nowMs);
  }

  /** The responder's turn: what is newer here, what contradicts, what is newer there. */
  #offer(nowMs: number): void {
    const newerHere: string[] = [];
    for (const record of this.#directory.recordsIn(this.#bits, this.#buckets)) {
      const theirs = this.#theirs.get(record.id);
      if (theirs === undefined || compareVersions(record, theirs) > 0) newerHere.push(record.id);
    }
    for (const [id, theirs] of this.#theirs) {
      if (this.#contradicts(id, theirs, nowMs)) continue;
      const own = this.#directory.versionOf(id);
      if (own === undefined || compareVersions(theirs, own) > 0) this.#want(id);
    }
    this.#sendRecords(newerHere, nowMs);
    inChunks([...this.#wanted], MAX_IDS_PER_FRAME, (ids, last) => this.#send({ kind: "want", ids, last }));
    this.#theirs.clear();
    this.#state = "offer-sent";
  }

  #onWant(frame: SyncFrame & { kind: "want" }, nowMs: number): void {
    for (const id of frame.ids) this.#want(id);
    if (!frame.last) return;
    this.#sendRecords([...this.#wanted], nowMs);
    this.#end({ equal: false });
  }

  #want(id: string): void {
    if (this.#wanted.size < SYNC_LIMITS.records) this.#wanted.add(id);
    else this.#truncated = true;
  }

  #onRecords(items: readonly SyncItem[], nowMs: number): void {
    const records: ReceivedRecord[] = [];
    const obituaries: Obituary[] = [];
    for (const { envelope, ageMs } of items) {
      const read = this.#read(envelope);
      if (read !== undefined && "accused" in read) {
        this.#receivedRecords++;
        if (this.#directory.wantsObituary(read, { doubted: true })) obituaries.push(read);
        continue;
      }
      const signed = read;
      if (signed === undefined) continue;
      const { record } = signed;
      if (record.status === "alive" && this.#contradicts(record.id, record, nowMs)) continue;
      if (!this.#directory.wants(signed)) continue;
      this.#receivedRecords++;
      records.push({ signed, ageMs });
    }
    // Twice the limit, since leaves come on top of what was asked for.
    if (this.#receivedRecords > 2 * SYNC_LIMITS.records) throw new DecodeError("a sync of too many records");
    if (records.length === 0 && obituaries.length === 0) return;
    this.#outputs.push({ kind: "verify", records, ...(obituaries.length === 0 ? {} : { obituaries }) });
  }

  #read(envelope: Uint8Array): SignedRecord | Obituary | undefined {
    try {
      const broadcast = decodeBroadcast(envelope);
      if (broadcast.kind === "record") return broadcast.signed;
      if (broadcast.kind === "obituary") return broadcast.obituary;
      this.#unreadable++;
      return undefined;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#unreadable++;
      return undefined;
    }
  }

  /** True where the id is buried here; leave or obituary are kept for the answer, a mere expiry stays our own affair. */
  #contradicts(id: string, version: RecordVersion, nowMs: number): boolean {
    const tombstone = this.#directory.tombstoneOf(id);
    if (tombstone === undefined || !buries(tombstone, version)) return false;
    const answer = tombstoneAnswer(tombstone);
    if (answer !== undefined && this.#leaves.size < SYNC_LIMITS.records) {
      this.#leaves.set(id, { envelope: answer, ageMs: Math.max(0, nowMs - tombstone.atMs) });
    }
    return true;
  }

  /** Sends the envelopes of these ids (a leave where one has left since) and the leaves to answer with. */
  #sendRecords(ids: readonly string[], nowMs: number): void {
    const items: SyncItem[] = [];
    for (const id of ids) {
      if (items.length >= SYNC_LIMITS.records) {
        this.#truncated = true;
        break;
      }
      const held = this.#directory.envelopeOf(id, nowMs);
      const gone = held === undefined ? this.#directory.tombstoneOf(id) : undefined;
      const answer = gone === undefined ? undefined : tombstoneAnswer(gone);
      if (held !== undefined) items.push({ envelope: held.signed.bytes, ageMs: held.ageMs });
      else if (gone !== undefined && answer !== undefined)
        items.push({ envelope: answer, ageMs: Math.max(0, nowMs - gone.atMs) });
    }
    items.push(...this.#leaves.values());
    this.#leaves.clear();
    this.#sentRecords += items.length;
    let batch: SyncItem[] = [];
    let batchBytes = 0;
    for (const item of items) {
      const itemBytes = item.envelope.length + 24;
      if (batchBytes + itemBytes > FRAME_BUDGET_BYTES || batch.length >= MAX_IDS_PER_FRAME) {
        this.#send({ kind: "records", items: batch, last: false });
        batch = [];
        batchBytes = 0;
      }
      batch.push(item);
      batchBytes += itemBytes;
    }
    this.#send({ kind: "records", items: batch, last: true });
  }

  #send(frame: SyncFrame): void {
    const bytes = encodeSyncFrame(frame);
    this.#sentBytes += bytes.length;
    this.#outputs.push({ kind: "send", frame: bytes });
  }

  #end(how: Pick<SyncResult, "equal" | "refused">): void {
    this.#state = "ended";
    const result: SyncResult = {
      ...how,
      sentRecords: this.#sentRecords,
      receivedRecords: this.#receivedRecords,
      unreadable: this.#unreadable,
      sentBytes: this.#sentBytes,
      receivedBytes: this.#receivedBytes,
      truncated: this.#truncated,
    };
    this.#outputs.push({ kind: "done", result });
  }

  #take(): readonly SyncOutput[] {
    const taken = this.#outputs;
    this.#outputs = [];
    return taken;
  }
}

/** At least one chunk, so that the last one can say so. */
function inChunks<T extends SyncVersion | string>(
  list: readonly T[],
  size: number,
  send: (chunk: readonly T[], last: boolean) => void,
): void {
  for (let start = 0; start === 0 || start < list.length; start += size) {
    send(list.slice(start, start + size), start + size >= list.length);
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
