/**
 * Carries sync sessions (tag 0x03): one with each new neighbour, and every 60 s one with a random neighbour. The smaller id
 * opens the session of a new link, so that a link costs one; the larger does so where nothing came within a second.
 * Signatures are verified in slices of 5 ms, so that a large sync does not hold up the rest of the node.
 *
 * Owner: MembershipDriver. Sessions end by their own rules, by their deadline, or with their stream.
 */
import { type ReceivedRecord, type SignedRecord, type SyncOutput, SyncSession, syncMeshOf } from "@meshwork/protocol";
import {
  type FramedReader,
  type FramedWriter,
  type InboundStream,
  StreamTag,
  type Transport,
} from "@meshwork/transport";
import type { Directories } from "./directories.js";
import type { MeshTopic } from "./meshes.js";

const PERIOD_MS = 60_000;
const SESSION_TIMEOUT_MS = 10_000;
/** A link's larger end waits this long for the smaller one to begin. */
const LARGER_WAITS_MS = 1_000;
const VERIFY_SLICE_MS = 5;
const MAX_SESSIONS = 32;
const MAX_WAITING = 256;
/** A session that broke (its connection was replaced, the peer was busy) is tried again after 1, 2 and 4 s. */
const RETRY_DELAYS_MS = [1_000, 2_000, 4_000];
/** Who has just got its first neighbour joined in the midst of others: broadcasts that crossed its joining are found by these. */
const SETTLING_DELAYS_MS = [3_000, 10_000];
/** A directory that was synced this recently is not synced again because of one more neighbour. */
const RECENT_MS = 500;

export interface SyncDriverOptions {
  readonly transport: Transport;
  readonly directories: Directories;
  readonly topics: readonly MeshTopic[];
  readonly now: () => number;
  readonly random: () => number;
  readonly neighbors: (mesh: string) => readonly string[];
  readonly verify: (signed: SignedRecord) => boolean;
  readonly onSynced: (mesh: string, entries: number, durationMs: number) => void;
  readonly onApplied: (mesh: string) => void;
  readonly onSelfConflict: (generation: number) => void;
}

export class SyncDriver {
  readonly #options: SyncDriverOptions;
  readonly #waiting = new Set<NodeJS.Timeout>();
  /** When a session with this peer about this mesh last ended here; bounded by the neighbours, swept by `#round`. */
  readonly #lastWith = new Map<string, number>();
  #period: NodeJS.Timeout | undefined;
  #sessions = 0;
  #refused = 0;
  #stopped = false;

  constructor(options: SyncDriverOptions) {
    this.#options = options;
  }

  sizes(): Record<string, number> {
    return {
      syncSessions: this.#sessions,
      syncWaiting: this.#waiting.size,
      syncRefused: this.#refused,
      syncPeers: this.#lastWith.size,
    };
  }

  start(): void {
    this.#period = setInterval(() => this.#round(), PERIOD_MS);
    this.#period.unref();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#period);
    for (const timer of this.#waiting) clearTimeout(timer);
    this.#waiting.clear();
    this.#lastWith.clear();
  }

  withNeighbor(mesh: MeshTopic, peerId: string): void {
    if (this.#options.neighbors(mesh.mesh).length <= 1) {
      for (const delayMs of SETTLING_DELAYS_MS) this.#later(delayMs, () => this.#withRandom(mesh));
    }
    if (this.#options.transport.id < peerId) void this.#initiate(mesh, peerId);
    else this.#later(LARGER_WAITS_MS, () => this.#initiate(mesh, peerId));
  }

  accept(stream: InboundStream): void {
    const { send } = stream;
    if (send === undefined || this.#sessions >= MAX_SESSIONS || this.#stopped) {
      this.#refused++;
      stream.recv.stop(0);
      send?.reset(0);
      return;
    }
    void this.#guarded(async () => {
      const first = await stream.recv.next();
      if (first === null) return false;
      const mesh = syncMeshOf(first);
      const directory = this.#options.directories.of(mesh);
      if (directory === undefined) {
        send.reset(0);
        stream.recv.stop(0);
        return false;
      }
      directory.expire(this.#options.now());
      const session = new SyncSession(directory);
      return this.#run(mesh, stream.peerId, session, session.handle(first, this.#options.now()), stream.recv, send);
    });
  }

  #round(): void {
    const nowMs = this.#options.now();
    for (const [key, atMs] of this.#lastWith) if (nowMs - atMs > RECENT_MS) this.#lastWith.delete(key);
    for (const mesh of this.#options.topics) this.#withRandom(mesh);
  }

  #withRandom(mesh: MeshTopic): void {
    const neighbors = this.#options.neighbors(mesh.mesh);
    const peerId = neighbors[Math.floor(this.#options.random() * neighbors.length)];
    if (peerId !== undefined) void this.#initiate(mesh, peerId);
  }

  #later(delayMs: number, work: () => void): void {
    if (this.#stopped || this.#waiting.size >= MAX_WAITING) return;
    const timer = setTimeout(() => {
      this.#waiting.delete(timer);
      work();
    }, delayMs);
    timer.unref();
    this.#waiting.add(timer);
  }

  async #initiate(mesh: MeshTopic, peerId: string, attempt = 0): Promise<void> {
    const recentMs = this.#options.now() - (this.#lastWith.get(`${mesh.mesh}/${peerId}`) ?? Number.NEGATIVE_INFINITY);
    const directory = this.#options.directories.of(mesh.mesh);
    // A foreign peer (no hello) has no directory to compare with.
    if (this.#stopped || recentMs < LARGER_WAITS_MS + RECENT_MS || directory === undefined) return;
    if (this.#options.transport.peer(peerId)?.hello === undefined) return;
    if (this.#sessions >= MAX_SESSIONS) {
      this.#later(LARGER_WAITS_MS, () => this.#initiate(mesh, peerId));
      return;
    }
    const done = await this.#guarded(async () => {
      const channel = await this.#options.transport.openBi(peerId, StreamTag.sync);
      directory.expire(this.#options.now());
      const session = new SyncSession(directory);
      return this.#run(mesh.mesh, peerId, session, session.start(), channel.recv, channel.send);
    });
    const delayMs = RETRY_DELAYS_MS[attempt];
    if (done || delayMs === undefined || !this.#options.neighbors(mesh.mesh).includes(peerId)) return;
    this.#later(delayMs, () => this.#initiate(mesh, peerId, attempt + 1));
  }

  /** False where the session broke: the stream or the peer is gone, or the peer broke the rules. */
  async #guarded(work: () => Promise<boolean>): Promise<boolean> {
    this.#sessions++;
    try {
      return await work();
    } catch {
      return false;
    } finally {
      this.#sessions--;
    }
  }

  async #run(
    mesh: string,
    peerId: string,
    session: SyncSession,
    first: readonly SyncOutput[],
    recv: FramedReader,
    send: FramedWriter,
  ): Promise<boolean> {
    const startMs = this.#options.now();
    let applied = 0;
    const deadline = setTimeout(() => {
      recv.stop(0);
      send.reset(0);
    }, SESSION_TIMEOUT_MS);
    try {
      let outputs = first;
      for (;;) {
        for (const output of outputs) {
          switch (output.kind) {
            case "send":
              await send.write(output.frame);
              break;
            case "verify":
              applied += await this.#apply(mesh, output.records);
              break;
            case "done":
              await send.finish();
              this.#lastWith.set(`${mesh}/${peerId}`, this.#options.now());
              if (applied > 0) this.#options.onSynced(mesh, applied, this.#options.now() - startMs);
              break;
            case "failed":
              recv.stop(0);
              send.reset(0);
              return false;
            default:
              output satisfies never;
          }
        }
        // After the end the peer's own end is read too: a half that nobody reads would keep the connection in use.
        const frame = await recv.next();
        if (frame === null) return session.ended;
        outputs = session.handle(frame, this.#options.now());
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Verifies and applies; the time that verifying takes makes the rest older, as it must. */
  async #apply(mesh: string, records: readonly ReceivedRecord[]): Promise<number> {
    const receivedAtMs = this.#options.now();
    let sliceStartMs = receivedAtMs;
    let applied = 0;
    for (const { signed, ageMs } of records) {
      if (this.#options.now() - sliceStartMs > VERIFY_SLICE_MS) {
        await new Promise((resolve) => setImmediate(resolve));
        sliceStartMs = this.#options.now();
      }
      if (this.#stopped || !this.#options.verify(signed)) continue;
      const outcome = this.#options.directories.apply(mesh, signed, {
        viaSync: true,
        ageMs: ageMs + (this.#options.now() - receivedAtMs),
      });
      if (outcome?.kind === "self-conflict") this.#options.onSelfConflict(outcome.generation);
      else if (outcome?.kind.startsWith("accepted") || outcome?.kind === "left") applied++;
    }
    if (applied > 0) this.#options.onApplied(mesh);
    return applied;
  }
}
