/**
 * Drives the membership machine of one topic: hands in what happened, keeps its one timer, and passes on what it answers.
 * Decides nothing. Owner: MembershipDriver; ends with `stop`.
 */
import type { Membership, MembershipEvent, MembershipOutput } from "@meshwork/protocol";

/** A timer this much early is taken for due: Node's timers and its clock differ by up to a millisecond. */
const EARLY_MS = 1;

export class TopicMembership {
  readonly machine: Membership;
  readonly #now: () => number;
  readonly #carryOut: (output: MembershipOutput) => void;
  #timer: NodeJS.Timeout | undefined;
  #armedForMs = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(machine: Membership, now: () => number, carryOut: (output: MembershipOutput) => void) {
    this.machine = machine;
    this.#now = now;
    this.#carryOut = carryOut;
  }

  tell(event: MembershipEvent): readonly MembershipOutput[] {
    if (this.#stopped) return [];
    const { outputs, nextAtMs } = this.machine.handle(event, this.#now());
    this.#arm(nextAtMs);
    for (const output of outputs) this.#carryOut(output);
    return outputs;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** A timer that is armed for an earlier time stays: it finds nothing due and arms the next. */
  #arm(atMs: number): void {
    if (atMs >= this.#armedForMs) return;
    clearTimeout(this.#timer);
    this.#armedForMs = atMs;
    this.#timer = setTimeout(() => this.#tick(), Math.max(EARLY_MS, atMs - this.#now() + EARLY_MS));
    this.#timer.unref();
  }

  #tick(): void {
    this.#armedForMs = Number.POSITIVE_INFINITY;
    this.tell({ kind: "tick" });
  }
}
