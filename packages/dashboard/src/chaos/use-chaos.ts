/** Faults and runs of the console's chaos desk; nothing is asked where it has none. Runs are asked for often while one is not over. */
import type { ChaosFaultList, ChaosRun, ChaosRunList } from "@meshwork/console/api-types";
import { targetOf } from "@meshwork/console/client";
import { type ApiResult, useApi } from "../hooks/use-api.js";

const BUSY_MS = 500;
/** Somebody else may start one: the stream tells when a fault acts. */
const IDLE_MS = 5_000;

export interface Chaos {
  readonly faults: ApiResult<ChaosFaultList>;
  readonly runs: ApiResult<ChaosRunList>;
  /** The one that is not over. */
  readonly current: ChaosRun | null;
}

/** `acting`: faults that act now, as the stream tells; null: there is no desk. */
export function useChaos(acting: number | null): Chaos {
  const on = acting !== null;
  const faults = useApi(on ? targetOf("GET /api/chaos/faults") : null, null);
  const slow = useApi(on ? targetOf("GET /api/chaos/runs") : null, IDLE_MS, acting);
  const open = currentOf(slow.data);
  const quick = useApi(open === null ? null : targetOf("GET /api/chaos/runs"), BUSY_MS);
  const runs = open === null || quick.data === null ? slow : { ...quick, refresh: slow.refresh };
  return { faults, runs, current: currentOf(runs.data) };
}

function currentOf(list: ChaosRunList | null): ChaosRun | null {
  return list?.runs.find(({ tookMs }) => tookMs === null) ?? null;
}
