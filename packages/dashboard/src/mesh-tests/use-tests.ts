/**
 * Tests and runs of the console's desk; nothing is asked where it has none. Runs are asked for again when the stream says that something
 * about them has changed.
 */
import type { ClusterSummary, TestCardList, TestRun, TestRunList } from "@meshwork/console/api-types";
import { targetOf } from "@meshwork/console/client";
import { type ApiResult, useApi } from "../hooks/use-api.js";

export interface MeshTests {
  readonly tests: ApiResult<TestCardList>;
  readonly runs: ApiResult<TestRunList>;
  /** The one that is not over. */
  readonly current: TestRun | null;
}

export function useTests(desk: ClusterSummary["tests"]): MeshTests {
  const tests = useApi(desk === null ? null : targetOf("GET /api/tests"));
  const runs = useApi(desk === null ? null : targetOf("GET /api/tests/runs"), desk?.changes);
  return { tests, runs, current: runs.data?.runs.find(({ tookMs }) => tookMs === null) ?? null };
}
