/** Tests and runs of the console's desk; nothing is asked where it has none. Often while a run is on, seldom otherwise: others may begin one. */
import type { ClusterSummary, TestCardList, TestRun, TestRunList } from "@meshwork/console/api-types";
import { targetOf } from "@meshwork/console/client";
import { useState } from "react";
import { type ApiResult, useApi } from "../hooks/use-api.js";

const RUNNING_MS = 1_000;
const IDLE_MS = 5_000;

export interface MeshTests {
  readonly tests: ApiResult<TestCardList>;
  readonly runs: ApiResult<TestRunList>;
  /** The one that is not over. */
  readonly current: TestRun | null;
}

export function useTests(allowed: ClusterSummary["chaos"]): MeshTests {
  const [everyMs, setEveryMs] = useState(IDLE_MS);
  const tests = useApi(allowed === null ? null : targetOf("GET /api/tests"), null);
  const runs = useApi(allowed === null ? null : targetOf("GET /api/tests/runs"), everyMs);
  const current = runs.data?.runs.find(({ tookMs }) => tookMs === null) ?? null;
  const wantedMs = current === null ? IDLE_MS : RUNNING_MS;
  if (wantedMs !== everyMs) setEveryMs(wantedMs);
  return { tests, runs, current };
}
