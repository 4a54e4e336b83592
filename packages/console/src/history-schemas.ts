/** The past as the API serves it. `…AtMs` of the history are one line: the console's wall clock at its start, and monotonic time since. */
import { z } from "@hono/zod-openapi";
import { NodeState } from "./node-schemas.js";
import { ageMs, count, unknownOr } from "./schema-parts.js";

const moment = z.number().nonnegative();

/** Something that happened, for the timeline. */
export const HistoryMark = z
  .object({
    /** Grows by one with each mark. */
    id: count,
    atMs: moment,
    ageMs,
    /** Those of events, and `link.up`, `link.down` (a link that an end reports, or that neither does any more). */
    kind: z.string(),
    severity: z.enum(["info", "warn", "error"]),
    node: unknownOr(z.string()),
    mesh: unknownOr(z.string()),
    /** The other end of a link. */
    peer: unknownOr(z.string()),
    message: z.string(),
  })
  .openapi("HistoryMark");

export const HistoryStore = z
  .object({
    entries: count,
    bytes: count,
    maxEntries: count,
    maxBytes: count,
    /** Gone before their half hour was over, to stay within the bounds. */
    evictedEntries: count,
  })
  .openapi("HistoryStore");

export const HistoryView = z
  .object({
    atMs: moment,
    windowMs: ageMs,
    /** The oldest moment that can be rebuilt: the console's start, the window, or what the bounds left. */
    reachesAtMs: moment,
    store: HistoryStore,
    /** Oldest first. */
    marks: z.array(HistoryMark),
  })
  .openapi("History");

/** Members and links as they were. */
export const HistoryState = z
  .object({
    atMs: moment,
    ageMs,
    members: z.array(
      z.object({
        key: z.string(),
        id: unknownOr(z.string()),
        name: unknownOr(z.string()),
        mesh: z.string(),
        type: z.string(),
        state: NodeState,
        /** At that moment: since the state was taken, or since the console came to know of it. */
        stateAgeMs: ageMs,
      }),
    ),
    links: z.array(
      z.object({
        key: z.string(),
        mesh: z.string(),
        a: z.string(),
        b: z.string(),
        aReports: unknownOr(z.boolean()),
        bReports: unknownOr(z.boolean()),
      }),
    ),
    /** How old the links were at that moment: nodes report them only while somebody looks. Null where nobody had looked yet. */
    linksAgeMs: unknownOr(ageMs),
  })
  .openapi("HistoryState");
