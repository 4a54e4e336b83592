/**
 * When each plan is due. Faults are done one at a time, in the order in which they are due and, of the same time, in the order of the
 * plans; one that is due while another is on begins when that is over.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Plan } from "./spec.js";

export interface Due {
  readonly plan: Plan;
  /** From 1. */
  readonly round: number;
  /** Since the run began. */
  readonly atMs: number;
}

export function timetable(plans: readonly Plan[]): Due[] {
  return plans
    .flatMap((plan) =>
      Array.from({ length: plan.rounds }, (_, round): Due => ({ plan, round: round + 1, atMs: round * plan.everyMs })),
    )
    .sort((a, b) => a.atMs - b.atMs);
}

/** Each of them at its time, as long as the signal lets it; the next is waited for when the one before is done. */
export async function* atTheirTime(
  due: readonly Due[],
  signal: AbortSignal,
  onWait: (next: Due) => void = () => {},
): AsyncGenerator<Due> {
  const beganAtMs = performance.now();
  for (const next of due) {
    const waitMs = beganAtMs + next.atMs - performance.now();
    if (waitMs > 0 && !signal.aborted) {
      onWait(next);
      await sleep(waitMs, undefined, { signal }).catch(() => {});
    }
    if (signal.aborted) return;
    yield next;
  }
}
