/**
 * CPU and memory of this process alone, by Node's own counters (11 µs a sample on this machine class). One sample every 10 s
 * feeds the load class; who watches a stats stream samples at its own pace. Where nodes share a process the figures are the
 * process's and belong to no single node.
 */
export interface ProcessLoad {
  /** Cores used, averaged since the sample before the last that is at least `minWindowMs` old. */
  readonly cpuUsedCores: number;
  readonly rssBytes: number;
}

export class LoadSampler {
  readonly #now: () => number;
  readonly #minWindowMs: number;
  #previous: { atMs: number; cpuMicros: number };
  #current: { atMs: number; cpuMicros: number };

  constructor(now: () => number, minWindowMs = 1_000) {
    this.#now = now;
    this.#minWindowMs = minWindowMs;
    this.#current = this.#read();
    this.#previous = this.#current;
  }

  sample(): ProcessLoad {
    const reading = this.#read();
    if (reading.atMs - this.#current.atMs >= this.#minWindowMs) {
      this.#previous = this.#current;
      this.#current = reading;
    }
    const elapsedMs = reading.atMs - this.#previous.atMs;
    const cpuUsedCores = elapsedMs <= 0 ? 0 : (reading.cpuMicros - this.#previous.cpuMicros) / 1_000 / elapsedMs;
    return { cpuUsedCores, rssBytes: process.memoryUsage.rss() };
  }

  #read(): { atMs: number; cpuMicros: number } {
    const { user, system } = process.cpuUsage();
    return { atMs: this.#now(), cpuMicros: user + system };
  }
}
