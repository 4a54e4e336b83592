/** What each test came to when it last ran; tests that have not run are absent. */
import type { TestResult, TestRun } from "@meshwork/console/api-types";

/** `runs` newest first, as the API has them. */
export function lastOutcomes(runs: readonly Pick<TestRun, "results">[]): ReadonlyMap<string, TestResult["outcome"]> {
  return new Map([...runs].reverse().flatMap(({ results }) => results.map(({ name, outcome }) => [name, outcome])));
}
