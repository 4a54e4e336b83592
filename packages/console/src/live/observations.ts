/**
 * What other nodes say of a member's state, beside what the console's own directory says: told by the spans that they export, or by
 * their directories where one was asked for. A view and no verdict; it changes no count.
 *
 * Owner: LiveState. One entry per member and observer; it leaves a minute after it was told, with its observer or its member, and as
 * the oldest above `MAX_OBSERVERS` of a member. Above `MAX_MEMBERS` nobody further is remembered.
 */
const KEPT_MS = 60_000;
const MAX_OBSERVERS = 16;
const MAX_MEMBERS = 2_048;

export interface Observation {
  readonly observerId: string;
  readonly state: string;
  /** Since the observer holds the member for this; by the console's clock. */
  readonly sinceMs: number;
  readonly toldMs: number;
}

export class Observations {
  /** By member, then by observer, in the order in which they were told. */
  readonly #byMember = new Map<string, Map<string, Observation>>();

  get size(): number {
    let size = 0;
    for (const views of this.#byMember.values()) size += views.size;
    return size;
  }

  /** In the order in which they were told. */
  of(memberId: string): readonly Observation[] {
    return [...(this.#byMember.get(memberId)?.values() ?? [])];
  }

  /** True where it is news. A view that is merely told again keeps the time since when it is held. */
  told(memberId: string, told: Observation): boolean {
    let views = this.#byMember.get(memberId);
    if (views === undefined) {
      if (this.#byMember.size >= MAX_MEMBERS) return false;
      views = new Map();
      this.#byMember.set(memberId, views);
    }
    const before = views.get(told.observerId);
    const same = before?.state === told.state;
    views.delete(told.observerId);
    views.set(told.observerId, same ? { ...told, sinceMs: Math.min(before.sinceMs, told.sinceMs) } : told);
    if (views.size > MAX_OBSERVERS) this.#drop(memberId, views, views.keys().next().value);
    return !same;
  }

  /** The member is listed nowhere any more. */
  forgetMember(memberId: string): void {
    this.#byMember.delete(memberId);
  }

  /** Removes what an observer said that is gone, and what was told too long ago. Returns the members about whom less is known now. */
  sweep(nowMs: number, isGone: (observerId: string) => boolean): readonly string[] {
    const changed: string[] = [];
    for (const [memberId, views] of this.#byMember) {
      const before = views.size;
      for (const [observerId, { toldMs }] of views)
        if (nowMs - toldMs > KEPT_MS || isGone(observerId)) this.#drop(memberId, views, observerId);
      if (views.size < before) changed.push(memberId);
    }
    return changed;
  }

  #drop(memberId: string, views: Map<string, Observation>, observerId: string | undefined): void {
    if (observerId !== undefined) views.delete(observerId);
    if (views.size === 0) this.#byMember.delete(memberId);
  }
}
