/** Drives one machine of `handle(event, now) → { outputs, nextAtMs }` through virtual time, ticking it when it asks for that. */
export interface Machine<Event, Output> {
  handle(event: Event, nowMs: number): { readonly outputs: readonly Output[]; readonly nextAtMs: number };
}

/** A machine that is ticked this often in a row while no time passes asks for ever. */
const MAX_TICKS_AT_ONCE = 1_000;

export class Driven<Event, Output> {
  nowMs: number;
  nextAtMs = Number.POSITIVE_INFINITY;
  readonly #machine: Machine<Event, Output>;
  readonly #tick: Event;
  readonly #onOutput: (output: Output, driven: Driven<Event, Output>) => void;
  readonly outputs: { readonly atMs: number; readonly output: Output }[] = [];

  constructor(
    machine: Machine<Event, Output>,
    tick: Event,
    onOutput: (output: Output, driven: Driven<Event, Output>) => void = () => {},
    startMs = 0,
  ) {
    this.#machine = machine;
    this.#tick = tick;
    this.#onOutput = onOutput;
    this.nowMs = startMs;
  }

  hand(event: Event): readonly Output[] {
    const { outputs, nextAtMs } = this.#machine.handle(event, this.nowMs);
    this.nextAtMs = nextAtMs;
    for (const output of outputs) this.outputs.push({ atMs: this.nowMs, output });
    for (const output of outputs) this.#onOutput(output, this);
    return outputs;
  }

  /** Ticks until `untilMs`, each tick when due; `before` runs before each. */
  runTo(untilMs: number, before: () => void = () => {}): void {
    for (let ticksAtOnce = 0; this.nextAtMs <= untilMs; ticksAtOnce++) {
      if (this.nextAtMs > this.nowMs) ticksAtOnce = 0;
      if (ticksAtOnce > MAX_TICKS_AT_ONCE) throw new Error(`ticks without end at ${this.nowMs}`);
      this.nowMs = Math.max(this.nowMs, this.nextAtMs);
      before();
      this.hand(this.#tick);
    }
    this.nowMs = untilMs;
  }

  /** Time passes without ticks, as for a frozen process. */
  sleepTo(untilMs: number): void {
    this.nowMs = untilMs;
  }

  of<Kind extends string>(kind: Kind): { readonly atMs: number; readonly output: Output & { readonly kind: Kind } }[] {
    return this.outputs.filter(({ output }) => (output as { kind?: unknown }).kind === kind) as never;
  }
}
