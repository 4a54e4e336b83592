/** Chaos as the API serves it: faults, runs, verdicts. */
import { z } from "@hono/zod-openapi";
import { ageMs, count, seed, slug, unknownOr } from "./schema-parts.js";

export const ChaosFault = z
  .object({
    name: z.string(),
    summary: z.string(),
    /** What every other node must come to know. */
    expects: z.string(),
    /** By when, after the injection. */
    withinMs: ageMs,
    /** By when, after it is undone, every node must list exactly whom it should. */
    healedWithinMs: ageMs,
    /** What a lab must be able to. */
    needs: z.array(z.string()),
    /** Why it cannot be done to this cluster; null where it can. */
    obstacle: unknownOr(z.string()),
  })
  .openapi("ChaosFault");

export const ChaosFaultList = z.object({ faults: z.array(ChaosFault) }).openapi("ChaosFaultList");

const MAX_SPECS = 32;
const MAX_ROUNDS = 100;
/** Verdicts of one run. */
const MAX_VERDICTS = 200;

/** What is to be done: whom, what, how long, how often. */
export const ChaosSpec = z
  .strictObject({
    /** A name, the beginning of one, an id's beginning, or a type; without it drawn from the run's seed. */
    selector: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{0,255}$/)
      .optional(),
    /** The name of a fault. */
    action: slug,
    /** How long it lasts at least. */
    durationMs: z.number().int().min(0).max(600_000).default(5_000),
    /** Again so long after the round before was due, so many times in all; when another is on, as soon as that is over. */
    schedule: z
      .strictObject({
        everyMs: z.number().int().min(1_000).max(86_400_000),
        rounds: z.number().int().min(1).max(MAX_ROUNDS),
      })
      .optional(),
  })
  .openapi("ChaosSpec");

export const ChaosOrder = z
  .strictObject({
    /** One fault at a time, in the order in which they are due; of the same time, in this order. */
    specs: z.array(ChaosSpec).min(1).max(MAX_SPECS),
    /** What is drawn is drawn from it. Without it the run draws one. */
    seed: seed.optional(),
    /** Shuts the nodes' senses at the injection: every fault must then fail. */
    blind: z.boolean().default(false),
  })
  .refine(
    ({ specs }) => specs.reduce((sum, { schedule }) => sum + (schedule?.rounds ?? 1), 0) <= MAX_VERDICTS,
    `a run has at most ${MAX_VERDICTS} faults over all its rounds`,
  )
  .openapi("ChaosOrder");

const waits = z.object({ p50: ageMs, p99: ageMs, max: ageMs });
const witness = z.object({
  name: z.string(),
  /** From the injection until its own directory or counters said so; null where they did not in time. */
  waitedMs: unknownOr(ageMs),
});

export const ChaosVerdict = z
  .object({
    fault: z.string(),
    outcome: z.enum(["passed", "failed", "skipped"]),
    /** Why not passed. */
    reasons: z.array(z.string()),
    expects: z.string(),
    targets: z.array(z.string()),
    withinMs: unknownOr(ageMs),
    /** Every other node that had to come to know. */
    witnesses: z.array(witness),
    /** Over those who came to know; null where nobody did. */
    waitedMs: unknownOr(waits),
    /** Null where nothing was done. */
    reverted: unknownOr(z.boolean()),
    /** From then until every directory was whole; null where it was not in time. */
    healedMs: unknownOr(ageMs),
    /** The messages that went on meanwhile. */
    notes: unknownOr(z.object({ acknowledged: count, failed: count, lost: count, doubled: count })),
    tookMs: unknownOr(ageMs),
    /** Processes that wanted a core, per core: above 2 or 3 it is the machine that is slow, not the mesh. */
    loadPerCore: unknownOr(z.number().nonnegative()),
  })
  .openapi("ChaosVerdict");

export const ChaosRun = z
  .object({
    id: count,
    /** `stopping`: what is on is being undone. `failed`: it could not go on, see `error`. */
    state: z.enum(["running", "stopping", "done", "stopped", "failed"]),
    specs: z.array(
      z.object({
        action: z.string(),
        /** Null: drawn from the seed. */
        selector: unknownOr(z.string()),
        durationMs: ageMs,
        everyMs: ageMs,
        rounds: count,
      }),
    ),
    /** Faults over all rounds. */
    total: count,
    seed: count,
    blind: z.boolean(),
    ageMs,
    tookMs: unknownOr(ageMs),
    /** The fault that is on, or (`waiting`) due next; null once the run is over. */
    current: unknownOr(
      z.object({
        fault: z.string(),
        round: count,
        rounds: count,
        phase: z.enum(["preparing", "injecting", "watching", "holding", "reverting", "healing", "checking", "waiting"]),
        targets: z.array(z.string()),
        /** Since the injection. */
        elapsedMs: unknownOr(ageMs),
        withinMs: unknownOr(ageMs),
        witnesses: count,
        /** Who has come to know, or has not in time, as they do. */
        known: z.array(witness),
      }),
    ),
    verdicts: z.array(ChaosVerdict),
    counts: z.object({ passed: count, failed: count, skipped: count }),
    error: unknownOr(z.object({ code: z.string(), message: z.string() })),
  })
  .openapi("ChaosRun");

/** The last runs, newest first; the one that is not over among them. */
export const ChaosRunList = z.object({ runs: z.array(ChaosRun) }).openapi("ChaosRunList");
