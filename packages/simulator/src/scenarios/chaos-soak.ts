/**
 * A soak in virtual time: a mesh that is struck by one fault after the other for days, each judged as it comes, then left alone until
 * even what is remembered of the dead has had its time. What every node holds is read before, meanwhile and after.
 *
 * Half of the places are mortal: there processes end, come back, or make room for newcomers. The other half keep theirs from the first
 * minute to the last; their collections are compared. Owner: the command, which takes one step after the other.
 */
import { judgeTwin, type TwinVerdict } from "./chaos-judge.js";
import { ChaosStage } from "./chaos-stage.js";
import { type ChaosTwin, goneFrom } from "./chaos-twin.js";
import { CHAOS_TWINS } from "./chaos-twins.js";

const BASELINE_MS = 75_000;
const READ_MS = 1_000;
const SAMPLE_MS = 60_000;
const QUIET_STEP_MS = 600_000;
const LEAVE_KNOWN_MS = 5_000;

export interface VirtualSoakOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly durationMs: number;
  /** Between two faults, from the end of one to the beginning of the next. */
  readonly everyMs: number;
  /** Afterwards: longer than what is remembered of the departed. */
  readonly quietMs: number;
}

/** Sizes by collection: the least of each in a quiet time, as `mesh soak` reads them. */
export interface Holding {
  readonly node: number;
  readonly neighbors: number;
  readonly sizes: Readonly<Record<string, number>>;
}

export interface VirtualSoakResult {
  readonly verdicts: readonly (TwinVerdict & { readonly atMs: number })[];
  readonly falseDeaths: readonly { readonly observer: number; readonly accused: number; readonly atMs: number }[];
  readonly falseExpiries: number;
  /** What was not whole in the end. */
  readonly divergentAtEnd: string | undefined;
  readonly before: readonly Holding[];
  readonly after: readonly Holding[];
  /** The most that any node ever held of each. */
  readonly peaks: Readonly<Record<string, number>>;
  readonly identities: number;
  readonly virtualMs: number;
  readonly events: number;
  readonly trace: string;
}

/** A signed leave, and a newcomer in its place: what churn is besides deaths. */
const leaveTwin: ChaosTwin = {
  name: "leave-node",
  expects: "it is gone",
  withinMs: LEAVE_KNOWN_MS,
  prepare: (stage) => {
    const [target] = stage.pickMortal(1) as [number];
    return {
      targets: [target],
      witnesses: stage.others([target]),
      inject: () => stage.cluster.stop(target),
      knows: goneFrom(stage, [target]),
      revert: () => void stage.replace(target),
      excuses: (_, accused) => accused === target,
    };
  },
};

export const SOAK_TWINS: readonly ChaosTwin[] = [...CHAOS_TWINS, leaveTwin];

export class VirtualSoak {
  readonly options: VirtualSoakOptions;
  readonly #stage: ChaosStage;
  readonly #before: readonly Holding[];
  readonly #startMs: number;
  readonly #verdicts: (TwinVerdict & { readonly atMs: number })[] = [];
  readonly #peaks: Record<string, number> = {};

  constructor(options: VirtualSoakOptions) {
    this.options = options;
    this.#stage = new ChaosStage({ ...options, isMortal: (index) => index % 2 === 1 });
    this.#before = this.#holdings();
    this.#startMs = this.#stage.nowMs;
    this.#stage.cluster.world.every(SAMPLE_MS, () => this.#sample());
  }

  /** Of faults and quiet. */
  get elapsedMs(): number {
    return this.#stage.nowMs - this.#startMs;
  }

  get verdicts(): readonly TwinVerdict[] {
    return this.#verdicts;
  }

  get falseDeaths(): number {
    return this.#stage.watch.falseDeaths.length;
  }

  /** One fault and the rest after it, or, once its time has come, ten minutes of quiet. False when all is done. */
  step(): boolean {
    const { durationMs, everyMs, quietMs } = this.options;
    if (this.elapsedMs < durationMs) {
      const atMs = this.elapsedMs;
      const verdict = judgeTwin(this.#stage, this.#stage.random.pick(SOAK_TWINS));
      this.#verdicts.push({ ...verdict, atMs });
      this.#stage.runFor(everyMs);
      return true;
    }
    // Rounded: what is left of it must not be a fraction of a millisecond that no clock ever passes.
    const leftMs = Math.ceil(durationMs + quietMs - this.elapsedMs);
    this.#stage.runFor(Math.max(1, Math.min(QUIET_STEP_MS, leftMs)));
    return leftMs > QUIET_STEP_MS;
  }

  result(): VirtualSoakResult {
    const { world } = this.#stage.cluster;
    const divergentAtEnd = this.#stage.untilWhole(0);
    const after = this.#holdings();
    return {
      verdicts: this.#verdicts,
      falseDeaths: this.#stage.watch.falseDeaths,
      falseExpiries: this.#stage.watch.falseExpiries,
      divergentAtEnd,
      before: this.#before,
      after,
      peaks: this.#peaks,
      identities: this.#stage.cluster.size,
      virtualMs: world.nowMs,
      events: world.events,
      trace: world.trace.digest(),
    };
  }

  #sample(): void {
    for (const index of this.#stage.running()) {
      for (const [name, size] of Object.entries(this.#sizesOf(index))) {
        this.#peaks[name] = Math.max(this.#peaks[name] ?? 0, size);
      }
    }
  }

  /** The least of each over a while in which nothing is done to anybody, of those who stay from first to last. */
  #holdings(): Holding[] {
    const steady = this.#stage.running().filter((index) => index < this.options.nodes && !this.#stage.isMortal(index));
    const least = new Map<number, Record<string, number>>();
    for (let readMs = 0; readMs < BASELINE_MS; readMs += READ_MS) {
      this.#stage.runFor(READ_MS);
      for (const index of steady) {
        const now = this.#sizesOf(index);
        const before = least.get(index) ?? now;
        const sizes = Object.entries(now).map(([name, size]) => [name, Math.min(size, before[name] ?? 0)]);
        least.set(index, Object.fromEntries(sizes));
      }
    }
    return steady.map((node) => {
      const sizes = least.get(node)!;
      return { node, neighbors: sizes.active ?? 0, sizes };
    });
  }

  #sizesOf(index: number): Record<string, number> {
    const node = this.#stage.cluster.nodes[index]!;
    const connections = this.#stage.network.connectionCount(index);
    return { ...node.membership!.sizes(), ...node.router.sizes(), connections };
  }
}
