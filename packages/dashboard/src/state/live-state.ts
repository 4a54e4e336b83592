/**
 * What the stream has told so far, as one immutable value, and how each message changes it.
 *
 * Every row keeps when this page received it, by the page's monotonic clock: its ages are those of the message plus the time since.
 * Bounds: nodes, links and alerts are the console's own rows; messages, events and marks are cut to the newest `KEPT`.
 */
import type {
  AlertView,
  ClusterSummary,
  Delta,
  EventView,
  HistoryMark,
  LinkView,
  MessageView,
  NodeView,
  ServiceGraph,
  Snapshot,
} from "@meshwork/console/api-types";

export interface Received<T> {
  readonly value: T;
  /** By the page's monotonic clock. */
  readonly receivedAtMs: number;
}

export interface LiveData {
  readonly seq: number;
  readonly cluster: Received<ClusterSummary>;
  readonly nodes: ReadonlyMap<string, Received<NodeView>>;
  readonly links: ReadonlyMap<string, Received<LinkView>>;
  /** Newest first. */
  readonly messages: readonly Received<MessageView>[];
  /** Newest first. */
  readonly events: readonly Received<EventView>[];
  readonly services: Received<ServiceGraph>;
  readonly alerts: ReadonlyMap<string, Received<AlertView>>;
  /** What has happened since the snapshot, newest first. `GET /api/history` has what was before. */
  readonly marks: readonly Received<HistoryMark>[];
}

export const KEPT = 200;

export function fromSnapshot(snapshot: Snapshot, receivedAtMs: number): LiveData {
  const mark = <T>(value: T): Received<T> => ({ value, receivedAtMs });
  return {
    seq: snapshot.seq,
    cluster: mark(snapshot.cluster),
    nodes: new Map(snapshot.nodes.map((node) => [node.key, mark(node)])),
    links: new Map(snapshot.links.map((link) => [link.key, mark(link)])),
    messages: snapshot.messages.slice(0, KEPT).map(mark),
    events: snapshot.events.slice(0, KEPT).map(mark),
    services: mark(snapshot.services),
    alerts: new Map(snapshot.alerts.map((alert) => [String(alert.id), mark(alert)])),
    marks: [],
  };
}

/** Undefined where the delta does not follow what is held: a message was lost, and only a new snapshot helps. */
export function withDelta(data: LiveData, delta: Delta, receivedAtMs: number): LiveData | undefined {
  if (delta.from !== data.seq) return undefined;
  const mark = <T>(value: T): Received<T> => ({ value, receivedAtMs });
  return {
    seq: delta.seq,
    cluster: delta.cluster === undefined ? data.cluster : mark(delta.cluster),
    nodes: changed(data.nodes, delta.nodes, delta.removedNodes, (node) => node.key, receivedAtMs),
    links: changed(data.links, delta.links, delta.removedLinks, (link) => link.key, receivedAtMs),
    messages: newest(data.messages, delta.messages, (message) => message.key, receivedAtMs),
    events: newest(data.events, delta.events, (event) => String(event.id), receivedAtMs),
    services: delta.services === undefined ? data.services : mark(delta.services),
    alerts: changed(data.alerts, delta.alerts, delta.removedAlerts?.map(String), ({ id }) => String(id), receivedAtMs),
    marks: newest(data.marks, delta.marks?.toReversed(), ({ id }) => String(id), receivedAtMs),
  };
}

/** A ping moves the sequence and says that nothing else has changed. */
export function withPing(data: LiveData, seq: number): LiveData {
  return { ...data, seq };
}

function changed<T>(
  held: ReadonlyMap<string, Received<T>>,
  rows: readonly T[] | undefined,
  removed: readonly string[] | undefined,
  keyOf: (row: T) => string,
  receivedAtMs: number,
): ReadonlyMap<string, Received<T>> {
  if (rows === undefined && removed === undefined) return held;
  const next = new Map(held);
  // First what went, then what came: a row that left and came back within one delta is in both.
  for (const key of removed ?? []) next.delete(key);
  for (const row of rows ?? []) next.set(keyOf(row), { value: row, receivedAtMs });
  return next;
}

/** A row that is known stays in its place (its other half came); new ones go to the front. */
function newest<T>(
  held: readonly Received<T>[],
  rows: readonly T[] | undefined,
  keyOf: (row: T) => string,
  receivedAtMs: number,
): readonly Received<T>[] {
  if (rows === undefined) return held;
  const fresh = new Map(rows.map((row) => [keyOf(row), row]));
  const kept = held.map((row) => {
    const key = keyOf(row.value);
    const replacement = fresh.get(key);
    if (replacement === undefined) return row;
    fresh.delete(key);
    return { value: replacement, receivedAtMs };
  });
  return [...[...fresh.values()].map((value) => ({ value, receivedAtMs })), ...kept].slice(0, KEPT);
}
