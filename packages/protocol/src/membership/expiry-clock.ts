/**
 * When the directory looks for members that have grown stale: every 5 s. Who stood still has missed what the others published, and
 * compares directories for 15 s before it lets anybody expire.
 *
 * Pure. Owner: Membership; ends with it.
 */
const INTERVAL_MS = 5_000;
const CATCH_UP_MS = 15_000;

export class ExpiryClock {
  dueAtMs = Number.POSITIVE_INFINITY;

  start(nowMs: number): void {
    this.dueAtMs = nowMs + INTERVAL_MS;
  }

  /** Due: true where members may expire now, false where this node stood still. */
  mayExpire(nowMs: number): boolean {
    const overslept = nowMs - this.dueAtMs > INTERVAL_MS;
    this.dueAtMs = nowMs + (overslept ? CATCH_UP_MS : INTERVAL_MS);
    return !overslept;
  }
}
