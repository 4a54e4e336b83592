/**
 * Whether what a process holds returns to what it held before, once all is quiet: handles, descriptors, connections and every owned
 * collection, compared as whole numbers. Three kinds are no plain counts, and are held to what they promise instead:
 *
 * - `links` follow the neighbours that the overlay chose, which churn changes: one more neighbour may bring one more of each;
 * - `past` is what the protocol remembers of those who are gone, or keeps of what went by, by design and up to a cap: to that cap;
 * - `tally` counts what happened and never shrinks.
 */
export type CountKind = "exact" | "links" | "past" | "tally";

/** By collection; whatever is not named here is `exact`. */
const KINDS: Readonly<Record<string, CountKind>> = {
  connections: "links",
  peers: "links",
  holds: "links",
  neighborHolds: "links",
  watchedQueues: "links",
  watchedLinks: "links",
  gossipStreamsIn: "links",
  gossipStreamsOut: "links",
  peerTopics: "links",
  active: "links",
  eagerPeers: "links",
  lazyPeers: "links",
  requestStreams: "links",
  requestPeers: "links",
  openProbeStreams: "links",
  keepMarks: "links",
  gossipMalformed: "tally",
  syncRefused: "tally",
  broadcastsRejected: "tally",
  localHealth: "tally",
};

/** Caps of what is kept of the past, per topic where there are several; the source of each is where the collection lives. */
const PAST_CAPS: Readonly<Record<string, number>> = {
  directoryTombstones: 4_096,
  directoryDepartures: 256,
};
const MAX_TOPICS = 2;

export interface Difference {
  readonly process: string;
  readonly count: string;
  readonly kind: CountKind;
  readonly before: number;
  readonly after: number;
  readonly returned: boolean;
}

/** A process's counts in a quiet time: the least of each over a window, and how many neighbours it has. */
export interface QuietCounts {
  readonly counts: Readonly<Record<string, number>>;
  readonly links: number;
}

export function kindOf(count: string): CountKind {
  if (count in PAST_CAPS) return "past";
  return KINDS[count] ?? "exact";
}

/** Of each count that is not as it was, whether that is within what its kind allows. */
export function differencesOf(process: string, before: QuietCounts, after: QuietCounts): Difference[] {
  const differences: Difference[] = [];
  for (const [count, now] of Object.entries(after.counts)) {
    const then = before.counts[count] ?? 0;
    if (now === then) continue;
    const kind = kindOf(count);
    differences.push({
      process,
      count,
      kind,
      before: then,
      after: now,
      returned: isWithin(count, kind, then, now, after.links - before.links),
    });
  }
  return differences;
}

function isWithin(count: string, kind: CountKind, before: number, after: number, moreLinks: number): boolean {
  if (kind === "tally") return true;
  if (kind === "past") return after <= (PAST_CAPS[count] ?? 0) * MAX_TOPICS;
  return after <= before + (kind === "links" ? Math.max(0, moreLinks) : 0);
}

/** The least of each count over what was read in a quiet time; a count that was absent once was 0 then. */
export class QuietWindow {
  #least: Record<string, number> | undefined;
  #links = 0;

  add(counts: Readonly<Record<string, number>>, links: number): void {
    const least = this.#least;
    this.#least =
      least === undefined
        ? { ...counts }
        : Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, Math.min(value, least[name] ?? 0)]));
    this.#links = links;
  }

  read(): QuietCounts | undefined {
    return this.#least === undefined ? undefined : { counts: this.#least, links: this.#links };
  }
}
