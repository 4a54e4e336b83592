/**
 * Waits until the cluster has converged: every node, asked over the mesh for its own directory, answers and lists whom it must
 * and nobody else. The console asks; this polls it. Pure but for the `ask` and `sleep` it is given.
 */
import type { Convergence } from "@meshwork/console/api-types";

export const CONVERGE_TIMEOUT_MS = 60_000;
/** One poll asks every node once: at 19 nodes about 10 ms of the machine's time, and the result is at most this old. */
export const CONVERGE_POLL_MS = 150;

export type ConvergeOutcome =
  | { readonly kind: "converged"; readonly live: number }
  | { readonly kind: "timeout"; readonly missing: readonly string[] };

export async function awaitConvergence(options: {
  readonly expected: number;
  readonly ask: () => Promise<Convergence>;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly onWaiting?: (live: number, missing: number) => void;
  readonly timeoutMs?: number;
}): Promise<ConvergeOutcome> {
  const { expected, ask, now, sleep, onWaiting } = options;
  const deadline = now() + (options.timeoutMs ?? CONVERGE_TIMEOUT_MS);
  let missing: string[] = [];
  for (;;) {
    try {
      const answer = await ask();
      if (answer.converged && answer.live >= expected) return { kind: "converged", live: answer.live };
      missing = whoIsMissing(answer, expected);
      onWaiting?.(answer.live, missing.length);
    } catch (error) {
      // The console may be restarting; only the deadline ends the wait.
      missing = [`the console: ${error instanceof Error ? error.message : String(error)}`];
    }
    if (now() >= deadline) return { kind: "timeout", missing };
    await sleep(CONVERGE_POLL_MS);
  }
}

/** Every name once: who does not answer, who is not known to all, and who lists somebody that it must not. */
export function whoIsMissing({ unanswered, missing, unexpected, live }: Convergence, expected: number): string[] {
  const names = new Set([
    ...unanswered.map(({ name }) => name),
    ...missing.flatMap(({ lacks }) => lacks),
    ...unexpected.map(({ at }) => at),
  ]);
  if (names.size === 0 && live < expected) names.add(`${expected - live} of ${expected} nodes, which nobody lists`);
  return [...names].sort();
}
