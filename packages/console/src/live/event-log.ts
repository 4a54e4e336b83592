/** What happened lately, for the page and `GET /api/events`. Owner: the console; bounded, the oldest goes first. */
import type { EventView } from "../api-types.js";
import type { ConsoleClock } from "../clock.js";
import type { VersionClock } from "../version-clock.js";

export interface EventInput {
  readonly severity: EventView["severity"];
  readonly kind: string;
  readonly node: string | null;
  readonly mesh: string | null;
  /** Whose word it is, by name. */
  readonly by?: readonly string[];
  readonly message: string;
}

interface Row extends Omit<EventInput, "by"> {
  readonly by: readonly string[];
  readonly id: number;
  readonly atMs: number;
  readonly seenMs: number;
  readonly version: number;
}

export interface EventFilter {
  readonly mesh?: string | undefined;
  readonly maxAgeMs?: number | undefined;
}

const MAX_EVENTS = 1_000;

export class EventLog {
  readonly #versions: VersionClock;
  readonly #clock: ConsoleClock;
  readonly #onEvent: (event: EventInput) => void;
  readonly #max: number;
  #rows: Row[] = [];
  #nextId = 1;

  constructor(
    versions: VersionClock,
    clock: ConsoleClock,
    onEvent: (event: EventInput) => void = () => {},
    max = MAX_EVENTS,
  ) {
    this.#versions = versions;
    this.#clock = clock;
    this.#onEvent = onEvent;
    this.#max = max;
  }

  get size(): number {
    return this.#rows.length;
  }

  add(event: EventInput): void {
    const { nowMs, wallMs } = this.#clock;
    const { by = [] } = event;
    const times = { atMs: wallMs(), seenMs: nowMs() };
    this.#rows.push({ ...event, by, id: this.#nextId, ...times, version: this.#versions.next() });
    this.#nextId += 1;
    this.#onEvent(event);
    // Trimmed in blocks: shifting one by one would move the whole array for each event.
    if (this.#rows.length > this.#max * 1.25) this.#rows = this.#rows.slice(-this.#max);
  }

  newestFirst(limit: number, sinceVersion = 0, filter: EventFilter = {}): EventView[] {
    const nowMs = this.#clock.nowMs();
    const views: EventView[] = [];
    for (let i = this.#rows.length - 1; i >= 0 && views.length < limit; i -= 1) {
      const { seenMs, version, by, ...row } = this.#rows[i]!;
      const ageMs = Math.max(0, nowMs - seenMs);
      if (version <= sinceVersion || ageMs > (filter.maxAgeMs ?? ageMs)) break;
      if (filter.mesh === undefined || filter.mesh === row.mesh) views.push({ ...row, by: [...by], ageMs });
    }
    return views;
  }
}
