/** `mesh up --synthetic`: says so, and when the console lists all of its made-up members. Nothing here claims that nodes converged. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ConsoleClient } from "../cli/console-client.js";
import { EXIT } from "../cli/failure.js";
import type { Reporter } from "./reporter.js";

const POLL_MS = 200;
const TIMEOUT_MS = 90_000;

const NOTHING_YET = { live: 1, synthetic: null };

export interface SyntheticStart {
  readonly reporter: Reporter;
  readonly token: string;
  readonly startedAtMs: number;
  readonly isStopping: () => boolean;
}

/** Undefined where it runs until it is stopped. */
export async function showSynthetic(
  client: ConsoleClient,
  nodes: number,
  { reporter, token, startedAtMs, isStopping }: SyntheticStart,
): Promise<number | undefined> {
  while (!isStopping()) {
    // The console may be restarting; only the deadline ends the wait.
    const { live, synthetic } = await client.call("GET /api/cluster").catch(() => NOTHING_YET);
    const elapsedMs = performance.now() - startedAtMs;
    if (synthetic?.populated) {
      reporter.synthetic({ nodes, live, changedPerSecond: synthetic.changedPerSecond, elapsedMs });
      reporter.tryNext(client.url, token, undefined);
      return undefined;
    }
    if (elapsedMs > TIMEOUT_MS) {
      reporter.timeout([`${nodes + 1 - live} made-up members`]);
      return EXIT.timeout;
    }
    await sleep(POLL_MS);
  }
  return undefined;
}
