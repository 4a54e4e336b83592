/**
 * How often a record is refreshed, and how long one lives without a refresh.
 *
 * The refresh interval grows with the mesh, so that what a node receives does not: at n members with one refresh per
 * max(30 s, 4 s × n) each, a node hears at most one every 4 s. Staleness is three declared intervals, so that two floods may be
 * lost; it is counted from local receipt, never from the sender's clock.
 */
export const MIN_REFRESH_INTERVAL_MS = 30_000;
export const REFRESH_PER_MEMBER_MS = 4_000;
/** Refreshes are spread by this share up and down, so that a mesh started at once does not refresh at once. */
export const REFRESH_JITTER = 0.1;

const INTERVALS_UNTIL_STALE = 3;
const MIN_STALENESS_MS = 10_000;
/** A hostile record may not declare itself immortal: twelve of the receiver's own intervals are the end. */
const MAX_OWN_INTERVALS = 12;
/** What one refresh takes at its latest (+10 % jitter) with room for the way. */
const ONE_REFRESH = 1.25;

/** The interval that a node declares and keeps. With a staleness bound it is a third of that at most. */
export function refreshIntervalMs(liveMembers: number, stalenessBoundMs?: number): number {
  const intervalMs = Math.max(MIN_REFRESH_INTERVAL_MS, REFRESH_PER_MEMBER_MS * liveMembers);
  if (stalenessBoundMs === undefined) return intervalMs;
  return Math.min(intervalMs, Math.floor(stalenessBoundMs / INTERVALS_UNTIL_STALE));
}

/**
 * How long a record lives after it was received. `boundMs` (MESH_STALENESS_MS) is an upper bound, except that no bound is
 * shorter than one refresh of the sender takes: expiry equal to the refresh makes live, idle nodes flap.
 */
export function stalenessLimitMs(declaredIntervalMs: number, ownIntervalMs: number, boundMs?: number): number {
  const ceilingMs = MAX_OWN_INTERVALS * ownIntervalMs;
  const limitMs = Math.min(Math.max(INTERVALS_UNTIL_STALE * declaredIntervalMs, MIN_STALENESS_MS), ceilingMs);
  if (boundMs === undefined) return limitMs;
  return Math.min(limitMs, Math.max(boundMs, ONE_REFRESH * declaredIntervalMs));
}
