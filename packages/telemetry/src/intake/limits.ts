/**
 * What one request may hold. The body's size is the HTTP layer's to bound; these bound what a small body can blow up to
 * (an empty message costs two bytes on the wire and some sixty in memory) and how deep a value nests.
 */
import { IntakeError } from "./error.js";

export interface IntakeLimits {
  readonly maxResources: number;
  readonly maxSpans: number;
  readonly maxPoints: number;
  /** Per span, event, point, resource, and per map or array inside a value. */
  readonly maxAttributes: number;
  readonly maxEvents: number;
  readonly maxBuckets: number;
  /** Arrays and maps inside an attribute's value. */
  readonly maxDepth: number;
}

/** Our exporters send at most 512 spans of 64 attributes and 32 events; others have their own bounds, SDK default 128. */
export const DEFAULT_INTAKE_LIMITS: IntakeLimits = {
  maxResources: 1_000,
  maxSpans: 20_000,
  maxPoints: 50_000,
  maxAttributes: 256,
  maxEvents: 256,
  maxBuckets: 512,
  maxDepth: 8,
};

/** Throws where `count` is above `limit`. */
export function atMost(count: number, limit: number, what: string): void {
  if (count > limit) throw new IntakeError(`more than ${limit} ${what}`);
}
