/** Tests as the API serves them: what there is, runs, results. */
import { z } from "@hono/zod-openapi";
import { ageMs, count, seed, slug, unknownOr } from "./schema-parts.js";

export const TestCard = z
  .object({
    name: z.string(),
    /** That … */
    checks: z.string(),
    /** On two cores that do nothing else. */
    expectedMs: ageMs,
  })
  .openapi("TestCard");

export const TestCardList = z.object({ tests: z.array(TestCard) }).openapi("TestCardList");

const MAX_TESTS = 32;

export const TestOrder = z
  .strictObject({
    /** Each once, in their own order; all where none is named. */
    tests: z.array(slug).max(MAX_TESTS).default([]),
    /** What is drawn is drawn from it. Without it the run draws one. */
    seed: seed.optional(),
  })
  .openapi("TestOrder");

export const TestResult = z
  .object({
    name: z.string(),
    outcome: z.enum(["passed", "failed"]),
    /** What was measured, where it passed. */
    detail: z.string(),
    /** Why not, where it did not. */
    reasons: z.array(z.string()),
    tookMs: ageMs,
  })
  .openapi("TestResult");

export const TestRun = z
  .object({
    id: count,
    /** `stopping`: what it started is being ended. `failed`: its process ended before its time, see `error`. */
    state: z.enum(["running", "stopping", "done", "stopped", "failed"]),
    tests: z.array(z.string()),
    seed: count,
    ageMs,
    tookMs: unknownOr(ageMs),
    /** The test that is on; null before the first and once the run is over. */
    current: unknownOr(
      z.object({
        test: z.string(),
        elapsedMs: ageMs,
        expectedMs: ageMs,
        /** The last lines of what it said. */
        progress: z.array(z.string()),
      }),
    ),
    results: z.array(TestResult),
    counts: z.object({ passed: count, failed: count }),
    error: unknownOr(z.string()),
  })
  .openapi("TestRun");

/** The last runs, newest first; the one that is not over among them. */
export const TestRunList = z.object({ runs: z.array(TestRun) }).openapi("TestRunList");
