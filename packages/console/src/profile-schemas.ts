/** A CPU profile of a node as the API takes the order and answers it. Strict: an unknown field is refused, not ignored. */
import { z } from "@hono/zod-openapi";
import { count, unknownOr } from "./schema-parts.js";
import { FrameCounts } from "./schemas.js";

const amount = z.number().nonnegative();

export const ProfileRequest = z
  .strictObject({
    /** Of the sampling; the answer takes as long again, up to 20 s, in which counters are read without the sampler. */
    durationMs: z.number().int().min(100).max(60_000).default(10_000),
  })
  .openapi("ProfileRequest");

const ThreadShare = z
  .object({
    name: z.string(),
    /** `main` runs the JavaScript of the profile; `profiler` is the sampler, there only while it samples. */
    role: z.enum(["main", "profiler", "other"]),
    cpuMs: amount,
    /** Times it slept and was woken (voluntary context switches). */
    wakeUps: count,
  })
  .openapi("ThreadShare");

/** CPU and threads are the whole process's, connections and frames the node's. */
export const ProfileWindow = z
  .object({
    durationMs: amount,
    cpuMs: amount,
    /** Most CPU first; null where the platform does not tell. */
    threads: unknownOr(z.array(ThreadShare).readonly()),
    connectionsOpened: count,
    frames: z.record(z.string(), FrameCounts),
  })
  .openapi("ProfileWindow");

/** As DevTools and flame-graph tools read `.cpuprofile` files. Times in µs. */
const CpuProfile = z
  .object({
    nodes: z
      .array(
        z.object({
          id: count,
          callFrame: z.object({
            functionName: z.string(),
            scriptId: z.string(),
            url: z.string(),
            lineNumber: z.number().int(),
            columnNumber: z.number().int(),
          }),
          hitCount: count,
          children: z.array(count).readonly(),
        }),
      )
      .readonly(),
    startTime: z.number(),
    endTime: z.number(),
    samples: z.array(count).readonly(),
    timeDeltas: z.array(z.number()).readonly(),
  })
  .openapi("CpuProfile");

/** Times of the main thread by wall clock; `functions` by self time, most first, at most 20. */
const ProfileSummary = z
  .object({
    durationMs: amount,
    samples: count,
    jsMs: z.number(),
    gcMs: z.number(),
    profilerMs: z.number(),
    programMs: z.number(),
    idleMs: z.number(),
    functions: z
      .array(z.object({ name: z.string(), location: z.string(), selfMs: z.number(), totalMs: z.number() }))
      .readonly(),
  })
  .openapi("ProfileSummary");

export const ProfileResult = z
  .object({
    node: z.string(),
    /** `shared`: the process holds several nodes, and profile, CPU and threads are of all of them. */
    process: z.object({ pid: count, shared: z.boolean() }),
    samplingIntervalUs: count,
    /** Before the profile, without the sampler, which costs more than an idle node: the figures to judge a node by. */
    quiet: ProfileWindow,
    /** While the profile was taken. */
    sampled: ProfileWindow,
    summary: ProfileSummary,
    /**
     * Of the CPU without the sampler: the share that went elsewhere than into the JavaScript and the garbage collection of the profile,
     * supposing that the process did the same in both windows. Null where no CPU was used.
     */
    unseenCpuShare: unknownOr(z.number().min(0).max(1)),
    profile: CpuProfile,
  })
  .openapi("ProfileResult");
