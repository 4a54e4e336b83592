/**
 * One stats subscription per live node while somebody looks. A subscription that ends while its node still lives is taken up again
 * with back-off (1, 2, 4, then 10 s). Owner: LiveState; a watcher ends with the attention, with its node, or with the console.
 */
import type { MeshNode, NodeStats } from "@meshwork/node";

const RETRY_MS = [1_000, 2_000, 4_000, 10_000];

/** 1 s up to 50 nodes, then slower: at most 50 figures a second reach the console. */
export function statsIntervalMs(nodes: number): number {
  return Math.min(10_000, Math.max(1_000, Math.ceil(nodes / 50) * 1_000));
}

export interface StatsWatchOptions {
  readonly node: Pick<MeshNode, "watchStats">;
  readonly onStats: (id: string, stats: NodeStats) => void;
}

export class StatsWatch {
  readonly #options: StatsWatchOptions;
  readonly #watchers = new Map<string, AbortController>();
  intervalMs = 1_000;

  constructor(options: StatsWatchOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#watchers.size;
  }

  /** Watches exactly these. A changed interval takes effect for new watchers; the old ones are restarted where it doubled or halved. */
  sync(ids: ReadonlySet<string>): void {
    const intervalMs = statsIntervalMs(ids.size);
    if (intervalMs >= this.intervalMs * 2 || intervalMs * 2 <= this.intervalMs) this.close();
    if (this.#watchers.size === 0) this.intervalMs = intervalMs;
    for (const [id, controller] of this.#watchers) {
      if (ids.has(id)) continue;
      this.#watchers.delete(id);
      controller.abort();
    }
    for (const id of ids) {
      if (this.#watchers.has(id)) continue;
      const controller = new AbortController();
      this.#watchers.set(id, controller);
      void this.#watch(id, controller.signal, this.intervalMs);
    }
  }

  close(): void {
    for (const controller of this.#watchers.values()) controller.abort();
    this.#watchers.clear();
  }

  async #watch(id: string, signal: AbortSignal, intervalMs: number): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        for await (const stats of this.#options.node.watchStats(id, { intervalMs, signal })) {
          if (signal.aborted) return;
          attempt = 0;
          this.#options.onStats(id, stats);
        }
      } catch {
        // The node went, was frozen or refused: its stats grow old on the page, which is what there is to say.
      }
      if (!signal.aborted) await pause(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]!, signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    timer.unref();
    signal.addEventListener("abort", done, { once: true });
  });
}
