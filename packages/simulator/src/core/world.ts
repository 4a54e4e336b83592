/**
 * The world of one run: virtual clock, event queue, hosts and the root of all randomness. One thread, no real time, no promises:
 * a run depends on nothing but its seed and its scenario.
 *
 * Owner: the scenario. Everything that is scheduled is a `Task`; it ends with the last event or with the scenario.
 */
import { EventQueue } from "./event-queue.js";
import { Host } from "./host.js";
import { Random } from "./random.js";
import { Trace } from "./trace.js";

export interface Task {
  run(): void;
}

class Call implements Task {
  readonly #work: () => void;
  constructor(work: () => void) {
    this.#work = work;
  }
  run(): void {
    this.#work();
  }
}

export class World {
  readonly seed: number;
  /** True time in ms. Hosts have clocks of their own. */
  nowMs = 0;
  events = 0;
  readonly trace = new Trace();
  readonly hosts: Host[] = [];
  /** For the scenario; parts take forks. */
  readonly random: Random;
  readonly #queue = new EventQueue<Task>();

  constructor(seed: number) {
    this.seed = seed;
    this.random = new Random(seed);
  }

  addHost(): Host {
    const host = new Host(this, this.hosts.length, this.random.fork());
    this.hosts.push(host);
    return host;
  }

  /** Events waiting: timers and frames under way. */
  get pending(): number {
    return this.#queue.size;
  }

  /** A time in the past is now; Infinity is never. */
  schedule(atMs: number, task: Task): void {
    if (atMs !== Number.POSITIVE_INFINITY) this.#queue.push(Math.max(atMs, this.nowMs), task);
  }

  after(delayMs: number, work: () => void): void {
    this.schedule(this.nowMs + delayMs, new Call(work));
  }

  every(intervalMs: number, work: () => void): void {
    this.after(intervalMs, () => {
      work();
      this.every(intervalMs, work);
    });
  }

  /** Runs to `endMs`, or until `done` says so (asked after each event). True where `done` did. */
  runUntil(endMs: number, done?: () => boolean): boolean {
    const queue = this.#queue;
    while (queue.nextMs <= endMs) {
      this.nowMs = queue.nextMs;
      this.events++;
      queue.pop()!.run();
      if (done?.() === true) return true;
    }
    this.nowMs = endMs;
    return false;
  }

  runFor(durationMs: number, done?: () => boolean): boolean {
    return this.runUntil(this.nowMs + durationMs, done);
  }
}
