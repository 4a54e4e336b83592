/**
 * Carries sync sessions (tag 0x03), those of ours and those of others. When and with whom is membership's plan (`sync-plan.ts` in
 * protocol); this moves frames, and hands records over in slices of 5 ms, so that a large sync does not hold up the node.
 *
 * Owner: MembershipDriver. Bounds: 32 sessions; each ends by its own rules, by its deadline, or with its stream.
 */
import {
  type Directory,
  type Obituary,
  type ReceivedRecord,
  type SyncOutput,
  type SyncResult,
  SyncSession,
  syncMeshOf,
} from "@meshwork/protocol";
import {
  type FramedReader,
  type FramedWriter,
  type InboundStream,
  StreamTag,
  type Transport,
} from "@meshwork/transport";

const SESSION_TIMEOUT_MS = 10_000;
const SLICE_MS = 5;
const MAX_SESSIONS = 32;

export interface SyncSessionsOptions {
  readonly transport: Transport;
  readonly directoryOf: (mesh: string) => Directory | undefined;
  readonly now: () => number;
  /** True where it was news. */
  readonly onRecord: (mesh: string, received: ReceivedRecord) => boolean;
  readonly onObituary: (mesh: string, obituary: Obituary) => void;
  readonly onEnd: (mesh: string, end: SyncEnd) => void;
}

export interface SyncEnd {
  readonly peerId: string;
  readonly ok: boolean;
  /** Records that were news here. */
  readonly applied: number;
  /** Records that were news there, as far as the versions tell. */
  readonly sent: number;
  readonly durationMs: number;
}

export class SyncSessions {
  readonly #options: SyncSessionsOptions;
  #sessions = 0;
  #refused = 0;
  #stopped = false;

  constructor(options: SyncSessionsOptions) {
    this.#options = options;
  }

  sizes(): Record<string, number> {
    return { syncSessions: this.#sessions, syncRefused: this.#refused };
  }

  stop(): void {
    this.#stopped = true;
  }

  async initiate(mesh: string, peerId: string): Promise<void> {
    const directory = this.#options.directoryOf(mesh);
    if (directory === undefined || this.#stopped) return;
    const { transport } = this.#options;
    await this.#guarded(mesh, peerId, async () => {
      if (this.#sessions > MAX_SESSIONS) return undefined;
      await transport.connect(peerId);
      // A peer of another make (no hello) has no directory to compare with.
      if (transport.peer(peerId)?.hello === undefined) return undefined;
      const { recv, send } = await transport.openBi(peerId, StreamTag.sync);
      const session = new SyncSession(directory);
      return this.#run(mesh, session, session.start(), recv, send);
    });
  }

  accept(stream: InboundStream): void {
    const { send, recv, peerId } = stream;
    if (send === undefined || this.#sessions >= MAX_SESSIONS || this.#stopped) {
      this.#refused++;
      recv.stop(0);
      send?.reset(0);
      return;
    }
    void this.#opened(peerId, recv, send);
  }

  async #opened(peerId: string, recv: FramedReader, send: FramedWriter): Promise<void> {
    this.#sessions++;
    let first: Uint8Array | null;
    let mesh: string;
    try {
      first = await recv.next();
      if (first === null) return;
      mesh = syncMeshOf(first);
    } catch {
      send.reset(0);
      return;
    } finally {
      this.#sessions--;
    }
    const directory = this.#options.directoryOf(mesh);
    if (directory === undefined) {
      send.reset(0);
      recv.stop(0);
      return;
    }
    const opening = first;
    await this.#guarded(mesh, peerId, () => {
      const session = new SyncSession(directory);
      return this.#run(mesh, session, session.handle(opening, this.#options.now()), recv, send);
    });
  }

  /** Not ok where the session broke: the stream or the peer is gone, or the peer broke the rules. */
  async #guarded(
    mesh: string,
    peerId: string,
    work: () => Promise<{ applied: number; sent: number } | undefined>,
  ): Promise<void> {
    const startMs = this.#options.now();
    this.#sessions++;
    let done: { applied: number; sent: number } | undefined;
    try {
      done = await work();
    } catch {
      done = undefined;
    } finally {
      this.#sessions--;
    }
    if (this.#stopped) return;
    const { applied, sent } = done ?? { applied: 0, sent: 0 };
    const durationMs = this.#options.now() - startMs;
    this.#options.onEnd(mesh, { peerId, ok: done !== undefined, applied, sent, durationMs });
  }

  async #run(
    mesh: string,
    session: SyncSession,
    first: readonly SyncOutput[],
    recv: FramedReader,
    send: FramedWriter,
  ): Promise<{ applied: number; sent: number } | undefined> {
    let applied = 0;
    let result: SyncResult | undefined;
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
              for (const obituary of output.obituaries ?? []) this.#options.onObituary(mesh, obituary);
              applied += await this.#apply(mesh, output.records);
              break;
            case "done":
              result = output.result;
              await send.finish();
              break;
            case "failed":
              recv.stop(0);
              send.reset(0);
              return undefined;
            default:
              output satisfies never;
          }
        }
        // After the end the peer's own end is read too: a half that nobody reads would keep the connection in use.
        const frame = await recv.next();
        if (frame === null) return result === undefined ? undefined : { applied, sent: result.sentRecords };
        outputs = session.handle(frame, this.#options.now());
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Hands over one by one; the time that takes makes the rest older, as it must. */
  async #apply(mesh: string, records: readonly ReceivedRecord[]): Promise<number> {
    const { now, onRecord } = this.#options;
    const receivedAtMs = now();
    let sliceStartMs = receivedAtMs;
    let applied = 0;
    for (const { signed, ageMs } of records) {
      if (now() - sliceStartMs > SLICE_MS) {
        await new Promise((resolve) => setImmediate(resolve));
        sliceStartMs = now();
      }
      if (this.#stopped) break;
      if (onRecord(mesh, { signed, ageMs: ageMs + (now() - receivedAtMs) })) applied++;
    }
    return applied;
  }
}
