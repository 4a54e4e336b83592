/**
 * How long a node waits for a message that it knows of before it asks for it (PT6), or asks the next announcer (PT7).
 *
 * The Rust version waits 80 and then 40 ms. 40 ms are less than a round trip on most paths: the second announcer is asked before
 * the first can have answered, and both send the message. So a wait follows the round trip where that is longer (GT1).
 */
export function graftTimeoutMs(leastMs: number, roundTrips: number, rttMs: number | undefined, maxMs: number): number {
  if (rttMs === undefined || !Number.isFinite(rttMs)) return leastMs;
  return Math.max(leastMs, Math.min(roundTrips * rttMs, maxMs));
}
