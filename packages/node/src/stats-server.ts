/**
 * Figures for those who look: a subscriber opens a stream (tag 0x04), says how often, and gets this node's stats as JSON frames
 * until either side ends it. Nothing is sampled or sent while nobody subscribes. A subscriber that does not read gets no more
 * than its queue holds; the newest figures are what it reads next.
 */
import type { FramedWriter, InboundStream } from "@meshwork/transport";
import type { NodeStats } from "./types.js";

const MAX_SUBSCRIBERS = 64;
const MIN_INTERVAL_MS = 250;
const MAX_INTERVAL_MS = 60_000;
/** A subscriber this far behind is skipped until it has read. */
const MAX_BEHIND_BYTES = 64 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class StatsServer {
  readonly #stats: () => NodeStats;
  readonly #onWatched: (watched: boolean) => void;
  readonly #subscribers = new Set<NodeJS.Timeout>();

  constructor(stats: () => NodeStats, onWatched: (watched: boolean) => void) {
    this.#stats = stats;
    this.#onWatched = onWatched;
  }

  get size(): number {
    return this.#subscribers.size;
  }

  accept(stream: InboundStream): void {
    const { send } = stream;
    if (send === undefined || this.#subscribers.size >= MAX_SUBSCRIBERS) {
      stream.recv.stop(0);
      send?.reset(0);
      return;
    }
    void this.#serve(stream, send);
  }

  stop(): void {
    for (const timer of this.#subscribers) clearInterval(timer);
    this.#subscribers.clear();
  }

  async #serve(stream: InboundStream, send: FramedWriter): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    try {
      const intervalMs = parseInterval(await stream.recv.next());
      const push = () => {
        if (send.queuedBytes > MAX_BEHIND_BYTES) return;
        send.write(encoder.encode(JSON.stringify(this.#stats()))).catch(() => clearInterval(timer));
      };
      if (this.#subscribers.size === 0) this.#onWatched(true);
      timer = setInterval(push, intervalMs);
      timer.unref();
      this.#subscribers.add(timer);
      push();
      while ((await stream.recv.next()) !== null) {
        // Nothing more is expected; the end of the stream is the unsubscribe.
      }
      await send.finish();
    } catch {
      stream.recv.stop(0);
      send.reset(0);
    } finally {
      clearInterval(timer);
      if (timer !== undefined && this.#subscribers.delete(timer) && this.#subscribers.size === 0)
        this.#onWatched(false);
    }
  }
}

function parseInterval(frame: Uint8Array | null): number {
  if (frame === null || frame.byteLength > 256) throw new Error("no subscription");
  const { intervalMs } = JSON.parse(decoder.decode(frame)) as { intervalMs?: unknown };
  if (typeof intervalMs !== "number" || !Number.isFinite(intervalMs)) throw new Error("no interval");
  return Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, intervalMs));
}

export function encodeSubscription(intervalMs: number): Uint8Array {
  return encoder.encode(JSON.stringify({ intervalMs }));
}

export function decodeStats(frame: Uint8Array): NodeStats {
  return JSON.parse(decoder.decode(frame)) as NodeStats;
}
