/**
 * One counter over everything that the live stream shows. Each row keeps the version of its last change; a delta is all rows above the
 * reader's. So a slow reader costs no memory: what it missed is coalesced by being state, not messages.
 */
export class VersionClock {
  value = 0;

  next(): number {
    this.value += 1;
    return this.value;
  }
}
