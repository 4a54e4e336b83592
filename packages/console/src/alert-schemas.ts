/** Alerts as the API serves them: what the console found by rules with stable codes (alerts/catalogue.ts). */
import { z } from "@hono/zod-openapi";
import { ageMs, count, unknownOr } from "./schema-parts.js";

export const AlertView = z
  .object({
    /** Grows by one with each alert of this console's run. */
    id: count,
    /** Of the rule; stable. */
    code: z.string(),
    title: z.string(),
    severity: z.enum(["warn", "error"]),
    /** `acknowledged`: somebody has seen it. `resolved`: good again, or its subject is gone. */
    state: z.enum(["open", "acknowledged", "resolved"]),
    node: unknownOr(z.string()),
    mesh: unknownOr(z.string()),
    /** What was found, when it was last bad. */
    cause: z.string(),
    meaning: z.string(),
    /** What to do. */
    advice: z.string(),
    unit: z.string(),
    /** The figure now; null where it is unknown or too old to judge: the alert then stays as it is. */
    value: unknownOr(z.number()),
    limit: z.number(),
    figureAgeMs: unknownOr(ageMs),
    badForMs: ageMs,
    raisedAgeMs: ageMs,
    acknowledgedAgeMs: unknownOr(ageMs),
    resolvedAgeMs: unknownOr(ageMs),
    resolution: unknownOr(z.enum(["cleared", "gone"])),
  })
  .openapi("Alert");

export const AlertCounts = z
  .object({
    open: count,
    acknowledged: count,
    /** Within the last hour, at most 128. */
    resolved: count,
    /** Judgements that could not be made: their figures are missing or too old. */
    unknown: count,
    /** Not raised because too many are open. */
    leftOut: count,
  })
  .openapi("AlertCounts");

/** A rule, and on how much its judgement stands at the moment. */
export const AlertRuleView = z
  .object({
    code: z.string(),
    title: z.string(),
    severity: z.enum(["warn", "error"]),
    meaning: z.string(),
    advice: z.string(),
    unit: z.string(),
    raiseAfterMs: ageMs,
    clearAfterMs: ageMs,
    /** Subjects whose figure is known, and those whose figure is not. */
    judged: count,
    unknown: count,
  })
  .openapi("AlertRule");

export const AlertList = z
  .object({ atMs: z.number(), counts: AlertCounts, alerts: z.array(AlertView), rules: z.array(AlertRuleView) })
  .openapi("AlertList");
