/** OTLP intake: what a collector's HTTP layer calls with a request's body. Not loaded by nodes. */
export type { AttributeValue, IntakeSpan } from "../types.js";
export { IntakeError } from "./error.js";
export { DEFAULT_INTAKE_LIMITS, type IntakeLimits } from "./limits.js";
export { decodeMetricsRequest, type IntakeHistogram, type IntakePoint } from "./metrics.js";
export { decodeTraceRequest } from "./traces.js";
export { decodeTraceRequestJson } from "./traces-json.js";
