/**
 * A host: a process with a clock of its own. It can be frozen (SIGSTOP), slowed, killed and started again.
 *
 * - Its clock runs at `clockRate` local ms per true ms and starts anywhere; what it counts, it counts by that.
 * - Frozen: its timers stop and fire late when it thaws, then what has arrived meanwhile is handled, in order.
 * - Slow: each timer and input takes `workMs`, one after the other.
 * - Killed: everything of this life is gone, without a word to anybody. `life` tells the lives apart.
 * Owner: World. Late timers and inputs are bounded by what is scheduled and sent while it is frozen.
 */
import type { Random } from "./random.js";
import type { Task, World } from "./world.js";

const FOLD_TIMER = 1;

export class Host {
  readonly world: World;
  readonly index: number;
  readonly random: Random;
  up = false;
  frozen = false;
  /** Counts starts. */
  life = 0;
  clockRate = 1;
  clockOffsetMs = 0;
  workMs = 0;
  frozenSinceMs = 0;
  /** True time since when it has been running without a standstill; of no meaning while it is down or frozen. */
  runningSinceMs = 0;
  #busyUntilMs = 0;
  #lateTimers: Task[] = [];
  #lateInputs: Task[] = [];

  constructor(world: World, index: number, random: Random) {
    this.world = world;
    this.index = index;
    this.random = random;
  }

  /** The host's own monotonic clock. */
  now = (): number => this.clockOffsetMs + this.world.nowMs * this.clockRate;

  start(): void {
    this.up = true;
    this.frozen = false;
    this.life++;
    this.runningSinceMs = this.world.nowMs;
    this.#forget();
  }

  kill(): void {
    this.up = false;
    this.frozen = false;
    this.#forget();
  }

  freeze(): void {
    if (!this.up || this.frozen) return;
    this.frozen = true;
    this.frozenSinceMs = this.world.nowMs;
  }

  /** Late timers first, in the order they were due: the process finds out about the time before it reads its sockets. */
  thaw(): void {
    if (!this.frozen) return;
    this.frozen = false;
    this.runningSinceMs = this.world.nowMs;
    const late = [...this.#lateTimers, ...this.#lateInputs];
    this.#forget();
    for (const task of late) this.world.schedule(this.world.nowMs, task);
  }

  /** Runs `timer.fire` after `afterMs` of the host's own time, unless cancelled, killed, or never thawed. */
  arm(afterMs: number, timer: HostTimer): void {
    timer.life = this.life;
    this.world.schedule(this.world.nowMs + Math.max(0, afterMs) / this.clockRate, timer);
  }

  timer(afterMs: number, work: () => void): HostTimer {
    const timer = new CallTimer(this, work);
    this.arm(afterMs, timer);
    return timer;
  }

  /** Repeats with the host's own clock; ends with this life or when cancelled. A late round does not bring the missed ones after it. */
  interval(everyMs: number, work: () => void): HostTimer {
    const timer = new CallTimer(this, () => {
      work();
      if (!timer.cancelled) this.arm(everyMs, timer);
    });
    this.arm(everyMs, timer);
    return timer;
  }

  /** True where `task` may run now; otherwise it has been put off, and comes again. */
  admits(task: Task, isTimer: boolean): boolean {
    if (this.frozen) {
      (isTimer ? this.#lateTimers : this.#lateInputs).push(task);
      return false;
    }
    if (this.workMs > 0) {
      const { nowMs } = this.world;
      if (this.#busyUntilMs > nowMs) {
        this.world.schedule(this.#busyUntilMs, task);
        return false;
      }
      this.#busyUntilMs = nowMs + this.workMs;
    }
    return true;
  }

  #forget(): void {
    this.#lateTimers = [];
    this.#lateInputs = [];
    this.#busyUntilMs = 0;
  }
}

export abstract class HostTimer implements Task {
  readonly host: Host;
  life = 0;
  cancelled = false;

  constructor(host: Host) {
    this.host = host;
  }

  abstract fire(): void;

  cancel(): void {
    this.cancelled = true;
  }

  run(): void {
    const { host } = this;
    if (this.cancelled || host.life !== this.life || !host.up || !host.admits(this, true)) return;
    host.world.trace.fold(host.world.nowMs, host.index, FOLD_TIMER);
    this.fire();
  }
}

class CallTimer extends HostTimer {
  readonly #work: () => void;
  constructor(host: Host, work: () => void) {
    super(host);
    this.#work = work;
  }
  fire(): void {
    this.#work();
  }
}
