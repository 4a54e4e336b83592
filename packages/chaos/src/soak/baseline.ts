/**
 * Whether what a process holds returns to what it held before, once all is quiet: handles, descriptors, threads, connections and every
 * owned collection, compared as whole numbers. Some are no plain counts, and are held to what they promise instead:
 *
 * - `peers` are connections and what belongs to them: one that carried a request stays for 300 s after its last use, and audits use it
 *   meanwhile, so at most one for each member that the directory lists;
 * - `links` follow the neighbours that the overlay chose, which churn changes: one more neighbour may bring one more of each;
 * - `streams` belong to connections, and stay as long as these: at most one for each topic and connection;
 * - `flow` is what is under way or has just gone by; never still, so only its cap can be told from a growth that does not end;
 * - `past` is what the protocol remembers of those who are gone, or a store keeps of what went by, by design and up to a cap;
 * - `tally` counts what happened and never shrinks.
 *
 * A collection that is not named here is `exact`: who adds one has to say what removes its entries.
 */
export type CountKind = "exact" | "peers" | "links" | "streams" | "flow" | "past" | "tally";

const KINDS: Readonly<Record<string, CountKind>> = {
  ...kind("peers", "connections", "peers", "gossipLives"),
  ...kind("links", "holds", "neighborHolds", "watchedQueues", "watchedLinks", "active"),
  ...kind("streams", "gossipStreamsIn", "gossipStreamsOut", "peerTopics", "requestStreams", "requestPeers"),
  ...kind("streams", "openProbeStreams", "eagerPeers", "lazyPeers", "pingedPeers"),
  ...kind("tally", "gossipMalformed", "syncRefused", "broadcastsRejected", "localHealth"),
  ...kind("tally", "telemetryBatchesOverMesh", "telemetryBatchesGivenUp", "telemetryPassedOn", "telemetryRefused"),
};

/** Caps as they stand where the collection lives, for one topic where there are several. Nothing is said here of how soon they are reached. */
const FLOW_CAPS: Readonly<Record<string, number>> = {
  receivedIds: 20_000,
  cachedMessages: 8_192,
  cachedBytes: 8_192 * 4_096,
  pendingNeighbors: 4_096,
  closing: 64,
  probes: 1_024,
  directoryProvenAhead: 1_024,
  directoryNewcomerBuckets: 256,
  protectedContacts: 64,
  syncPlanned: 20_000,
  gossipTimers: 10_000,
  floodsUnheard: 64,
  /** Telemetry of 64 nodes to the console: each keeps at most one connection alive for traces and one for metrics. */
  tcpConnections: 64,
};
const PAST_CAPS: Readonly<Record<string, number>> = {
  directoryTombstones: 4_096,
  directoryDepartures: 256,
  healingEntries: 1_024 + 64 + 4_096,
  healingContacts: 16,
  passive: 30,
  contacts: 64,
  keepMarks: 128,
  peerData: 4_096,
  verifierKeys: 4_096,
  knownPeers: 32_768,
  // The console's stores.
  events: 1_000,
  historyEntries: 20_000,
  messages: 500,
  traces: 100_000,
  spans: 1_000_000,
  serviceEdges: 10_000,
  removals: 2 * 1_024,
  nodeRows: 64 + 256,
  linkRows: 4_096,
  nodeReports: 2_048,
  alerts: 256 + 128,
};
const MAX_TOPICS = 2;

function kind(of: CountKind, ...counts: readonly string[]): Record<string, CountKind> {
  return Object.fromEntries(counts.map((count) => [count, of]));
}

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
  if (count in FLOW_CAPS) return "flow";
  return KINDS[count] ?? "exact";
}

/** Of one topic; undefined where the collection is held to what it was. */
export function capOf(count: string): number | undefined {
  return PAST_CAPS[count] ?? FLOW_CAPS[count];
}

/** Of each count that is not as it was, whether that is within what its kind allows. */
export function differencesOf(process: string, before: QuietCounts, after: QuietCounts): Difference[] {
  const differences: Difference[] = [];
  for (const [count, now] of Object.entries(after.counts)) {
    const then = before.counts[count] ?? 0;
    if (now === then) continue;
    differences.push({
      ...{ process, count, kind: kindOf(count), before: then, after: now },
      returned: isWithin(count, then, now, before, after),
    });
  }
  return differences;
}

function isWithin(count: string, then: number, now: number, before: QuietCounts, after: QuietCounts): boolean {
  if (now <= then) return true;
  switch (kindOf(count)) {
    case "tally":
      return true;
    case "flow":
      return now <= (FLOW_CAPS[count] ?? 0) * MAX_TOPICS;
    case "past":
      return now <= (PAST_CAPS[count] ?? 0) * MAX_TOPICS;
    case "peers":
      return now <= (after.counts.directoryEntries ?? 0);
    case "streams":
      return now <= (after.counts.connections ?? 0) * MAX_TOPICS;
    case "links":
      return now <= then + Math.max(0, after.links - before.links);
    case "exact":
      return false;
  }
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
