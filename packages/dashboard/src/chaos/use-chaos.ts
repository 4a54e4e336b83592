/**
 * Faults and runs of the console's chaos desk; nothing is asked where it has none. Runs are asked for again when the stream says that
 * something about them has changed.
 */
import type { ChaosFaultList, ChaosRun, ChaosRunList, ClusterSummary } from "@meshwork/console/api-types";
import { targetOf } from "@meshwork/console/client";
import { type ApiResult, useApi } from "../hooks/use-api.js";

export interface Chaos {
  readonly faults: ApiResult<ChaosFaultList>;
  readonly runs: ApiResult<ChaosRunList>;
  /** The one that is not over. */
  readonly current: ChaosRun | null;
}

export function useChaos(desk: ClusterSummary["chaos"]): Chaos {
  const faults = useApi(desk === null ? null : targetOf("GET /api/chaos/faults"));
  const runs = useApi(desk === null ? null : targetOf("GET /api/chaos/runs"), desk?.changes);
  return { faults, runs, current: runs.data?.runs.find(({ tookMs }) => tookMs === null) ?? null };
}
