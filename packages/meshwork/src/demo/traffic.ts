/**
 * Demo traffic: one operation every few seconds, in turn from a list, as long as it runs.
 *
 * Each tick is a trace of its own: the timer is armed outside any caller's context (a `demo.start` request would otherwise
 * become the parent of everything that follows) and no span wraps the loop. One operation is under way at a time; what
 * fails is counted and is in its trace, and the next tick comes all the same.
 * Owner: a node's behaviour (behave.ts). Ends with `stop()`, which cancels the operation under way, or with the node.
 */
import { AsyncResource } from "node:async_hooks";

/** Does one operation; gives up when the signal says so. False where there was nobody to talk to. */
export type Operation = (signal: AbortSignal) => Promise<boolean>;

export interface TrafficOptions {
  /** Mean time between the starts of two operations; each wait is drawn from 2/3 to 4/3 of it. */
  readonly intervalMs: number;
  readonly random: () => number;
}

/** One every 2–4 s: 18 nodes then make about three requests a second, seen at once and below any measured floor. */
export const TRAFFIC_INTERVAL_MS = 3_000;

export class Traffic {
  readonly #operations: readonly Operation[];
  readonly #options: TrafficOptions;
  readonly #detached: (work: () => void) => void;
  #abort: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #turn = 0;
  #done = 0;
  #failed = 0;

  constructor(operations: readonly Operation[], options: TrafficOptions) {
    this.#operations = operations;
    this.#options = options;
    this.#detached = AsyncResource.bind((work: () => void) => work());
  }

  /** Switched on; a type without operations of its own can be that too. */
  get running(): boolean {
    return this.#abort !== undefined;
  }

  /** Operations that were answered and that failed since the start of the process. */
  get counts(): { readonly done: number; readonly failed: number } {
    return { done: this.#done, failed: this.#failed };
  }

  start(): void {
    if (this.#abort !== undefined) return;
    const abort = new AbortController();
    this.#abort = abort;
    if (this.#operations.length === 0) return;
    // The first one comes soon, so that whoever starts a cluster sees traffic at once.
    this.#detached(() => this.#arm(abort.signal, this.#options.intervalMs * (0.1 + 0.3 * this.#options.random())));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#abort = undefined;
  }

  #arm(signal: AbortSignal, delayMs: number): void {
    this.#timer = setTimeout(() => void this.#tick(signal), delayMs);
    this.#timer.unref();
  }

  async #tick(signal: AbortSignal): Promise<void> {
    // Whoever has no candidate is passed over, so that one empty type does not silence the others.
    for (let tried = 0; tried < this.#operations.length && !signal.aborted; tried++) {
      const operation = this.#operations[this.#turn++ % this.#operations.length];
      try {
        if (await operation?.(signal)) {
          this.#done += 1;
          break;
        }
      } catch {
        if (!signal.aborted) this.#failed += 1;
        break;
      }
    }
    if (signal.aborted) return;
    this.#arm(signal, this.#options.intervalMs * (2 / 3 + (2 / 3) * this.#options.random()));
  }
}
