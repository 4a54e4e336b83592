/**
 * A timer that is moved at every turn: `set` says when it is due next. One that is armed for an earlier time stays in the queue, finds
 * that nothing is due and arms the next, so that a machine whose deadline moves with each input costs no entry for each.
 *
 * Owner: whoever drives a machine. Ends with the life of its host.
 */
import { type Host, HostTimer } from "./host.js";

/** No sooner than a real timer: a millisecond from now. */
const MIN_DELAY_MS = 1;

export class MovingTimer {
  readonly #host: Host;
  readonly #work: () => void;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #armedForMs = Number.POSITIVE_INFINITY;
  #timer: Armed | undefined;

  constructor(host: Host, work: () => void) {
    this.#host = host;
    this.#work = work;
  }

  /** By the host's own clock; Infinity is never. */
  set(dueAtMs: number): void {
    this.#dueAtMs = dueAtMs;
    if (dueAtMs >= this.#armedForMs) return;
    this.#timer?.cancel();
    this.#armedForMs = dueAtMs;
    this.#timer = new Armed(this.#host, () => this.#fire());
    this.#host.arm(Math.max(MIN_DELAY_MS, dueAtMs - this.#host.now()), this.#timer);
  }

  #fire(): void {
    this.#armedForMs = Number.POSITIVE_INFINITY;
    if (this.#host.now() < this.#dueAtMs) this.set(this.#dueAtMs);
    else this.#work();
  }
}

class Armed extends HostTimer {
  readonly #work: () => void;

  constructor(host: Host, work: () => void) {
    super(host);
    this.#work = work;
  }

  fire(): void {
    this.#work();
  }
}
