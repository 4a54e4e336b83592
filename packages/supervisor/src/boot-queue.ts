/**
 * Which node boots next. A few at a time (a boot is bound by the processor: more in parallel only makes all of them late),
 * and in an order in which each finds seeds: the first node of a mesh boots alone in its mesh, and a node that observes
 * another mesh waits while that mesh has nodes coming and none ready. Where the rule would leave nobody to boot, the first
 * in line goes anyway.
 *
 * Owner: the supervisor. Bounded by the pool: who is queued holds a place in it.
 */
export interface BootJob {
  readonly mesh: string;
  readonly observes: readonly string[];
}

interface Queued {
  readonly job: BootJob;
  readonly start: () => Promise<void>;
}

export class BootQueue {
  readonly #limit: number;
  readonly #meshHasSeed: (mesh: string) => boolean;
  readonly #queued: Queued[] = [];
  readonly #running = new Set<BootJob>();
  #pumpPlanned = false;

  constructor(limit: number, meshHasSeed: (mesh: string) => boolean) {
    this.#limit = limit;
    this.#meshHasSeed = meshHasSeed;
  }

  run<T>(job: BootJob, work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queued.push({ job, start: () => work().then(resolve, reject) });
      this.#plan();
    });
  }

  get queued(): number {
    return this.#queued.length;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Not in the caller's turn: calls made together are then all in line when the first is chosen. */
  #plan(): void {
    if (this.#pumpPlanned) return;
    this.#pumpPlanned = true;
    setImmediate(() => {
      this.#pumpPlanned = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#queued.length > 0 && this.#running.size < this.#limit) {
      const index = this.#queued.findIndex(({ job }) => this.#findsSeeds(job));
      if (index < 0 && this.#running.size > 0) return;
      const [next] = this.#queued.splice(Math.max(index, 0), 1);
      if (next === undefined) return;
      this.#running.add(next.job);
      void next.start().finally(() => {
        this.#running.delete(next.job);
        this.#plan();
      });
    }
  }

  #findsSeeds(job: BootJob): boolean {
    const running = [...this.#running];
    if (!this.#meshHasSeed(job.mesh) && running.some((other) => other.mesh === job.mesh)) return false;
    return job.observes.every((mesh) => {
      if (this.#meshHasSeed(mesh)) return true;
      const coming =
        running.some((other) => other.mesh === mesh) || this.#queued.some((other) => other.job.mesh === mesh);
      return !coming;
    });
  }
}
