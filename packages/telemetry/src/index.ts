export { BOOT_STALLED_AFTER_MS, type BootStep, BootTrace, type BootTraceOptions } from "./boot-trace.js";
export { createTelemetry, DEFAULT_SINK_LIMITS, markFailed } from "./create.js";
export * from "./types.js";
export * from "./vocabulary.js";
