/** One node as the console knows it from five sources (directory, stats, supervisor, boot trace, other nodes), and its view: a pure function. */
import type { DirectoryEntry, NodeStats } from "@meshwork/node";
import type {
  BootTrace,
  BootView,
  NodeDetail,
  NodeState,
  NodeView,
  ObserverView,
  PeerRef,
  ProcessView,
  RuntimeView,
} from "../api-types.js";
import type { SupervisedProcess } from "../supervisor-client.js";
import type { Observation } from "./observations.js";

const MAX_OBSERVERS_SHOWN = 8;

export interface NodeRow {
  readonly key: string;
  id: string | null;
  name: string | null;
  mesh: string;
  type: string;
  state: NodeState;
  stateSinceMs: number;
  /** Ids. Of the dead: who signed, the issuer first. */
  accusedBy: readonly string[];
  entry: DirectoryEntry | undefined;
  stats: NodeStats | undefined;
  statsAtMs: number;
  process: SupervisedProcess | undefined;
  /** It had a process of the supervisor's, which is no more: the mesh may not have noticed yet. */
  processGone: boolean;
  boot: BootTrace | undefined;
  /** Of the console's own node, which no list of the supervisor holds. */
  ownBootMs?: number;
  version: number;
}

/** What a view is made with besides its row. */
export interface ViewContext {
  readonly nowMs: number;
  readonly nameOf: (id: string) => string | null;
  /** The console's own node: whose suspicion a suspicion is. */
  readonly selfId: string;
  readonly observationsOf: (id: string) => readonly Observation[];
}

/** Listed by the console's directory. A suspected member is a live one. */
export function isLive(state: NodeState): boolean {
  return state === "alive" || state === "suspected";
}

/** It was a member and is none any more. Other nodes may tell of states that this version does not know: those are no departures. */
export function isDeparted(state: string): boolean {
  return state === "left" || state === "dead" || state === "expired";
}

/** First address, else the relay. */
export function locationOf(addresses: readonly string[] | undefined, relayUrl?: string): string | null {
  return addresses?.[0] ?? relayUrl ?? null;
}

function bootView(row: NodeRow): BootView | null {
  const { boot, process, state } = row;
  if (boot !== undefined) {
    const { durationMs, traceId, step, message } = boot;
    return { state: boot.state, durationMs, traceId, step, message };
  }
  if (process === undefined) return null;
  const known = { durationMs: null, traceId: process.bootTraceId, step: process.lastStep, message: process.failure };
  if (process.bootMs !== null) return { ...known, state: "ready", step: null };
  return { ...known, state: state === "exited" || process.failure !== null ? "failed" : "running" };
}

function processView(row: NodeRow): ProcessView | null {
  const { process, stats } = row;
  if (process === undefined && stats === undefined) return null;
  return {
    pid: stats?.process.pid ?? process?.pid ?? null,
    shared: stats?.process.shared ?? process?.shared ?? null,
    cpuUsedCores: stats?.process.cpuUsedCores ?? null,
    rssBytes: stats?.process.rssBytes ?? null,
    supervised: process !== undefined,
    state: process?.state ?? null,
  };
}

const since = (nowMs: number, thenMs: number) => Math.max(0, nowMs - thenMs);

/** What other nodes say: those that differ, the newest first, and how many do not. */
function observersOf(row: NodeRow, { nowMs, nameOf, observationsOf }: ViewContext) {
  const told = row.id === null ? [] : observationsOf(row.id);
  const different = told.filter(({ state }) => state !== row.state);
  const observers = different
    .reverse()
    .slice(0, MAX_OBSERVERS_SHOWN)
    .map(
      ({ observerId, state, sinceMs, toldMs }): ObserverView => ({
        observer: nameOf(observerId) ?? observerId,
        state,
        stateAgeMs: since(nowMs, sinceMs),
        toldAgeMs: since(nowMs, toldMs),
      }),
    );
  return { observers, agreeing: told.length - different.length };
}

export function viewOf(row: NodeRow, context: ViewContext): NodeView {
  const { nowMs, nameOf, selfId } = context;
  const { entry, stats, process } = row;
  const accusers = row.state === "suspected" ? [selfId] : row.accusedBy;
  const record = entry?.record;
  const refs = (ids: readonly string[]): PeerRef[] => ids.map((id) => ({ id, name: nameOf(id) }));
  const addresses = record?.addresses ?? null;
  return {
    key: row.key,
    id: row.id,
    name: row.name,
    mesh: row.mesh,
    type: row.type,
    state: row.state,
    stateAgeMs: since(nowMs, row.stateSinceMs),
    live: isLive(row.state),
    accusedBy: accusers.map((id) => nameOf(id) ?? id),
    ...observersOf(row, context),
    knownForMs: entry === undefined ? null : since(nowMs, entry.firstSeenAtMs),
    recordAgeMs: entry === undefined ? null : since(nowMs, entry.receivedAtMs),
    statsAgeMs: stats === undefined ? null : since(nowMs, row.statsAtMs),
    uptimeMs: stats?.uptimeMs ?? null,
    addresses: addresses === null ? null : [...addresses],
    location: locationOf(record?.addresses, record?.relayUrl),
    loadClass: record?.loadClass ?? null,
    version: record === undefined || record.version === "" ? null : record.version,
    generation: record?.generation ?? null,
    sequence: record?.sequence ?? null,
    activeViews:
      stats === undefined
        ? null
        : Object.fromEntries(Object.entries(stats.activeViews).map(([mesh, ids]) => [mesh, refs(ids)])),
    cpuUsedCores: stats?.cpuUsedCores ?? null,
    cpuBudgetCores: stats?.cpuBudgetCores ?? record?.cpuBudgetCores ?? process?.cpuBudgetCores ?? null,
    ramUsedBytes: stats?.ramUsedBytes ?? null,
    ramBudgetBytes: stats?.ramBudgetBytes ?? record?.ramBudgetBytes ?? process?.ramBudgetBytes ?? null,
    framesSentPerMinute: stats?.framesSentPerMinute ?? null,
    framesReceivedPerMinute: stats?.framesReceivedPerMinute ?? null,
    framesSent: stats?.framesSent ?? null,
    framesReceived: stats?.framesReceived ?? null,
    frames: stats === undefined ? null : { ...stats.frames },
    connections: stats?.connections ?? null,
    connectionsOpened: stats?.connectionsOpened ?? null,
    directorySize: stats?.directorySize ?? null,
    eventLoopDelayP99Ms: stats?.eventLoopDelayP99Ms ?? null,
    telemetryDropped: stats?.telemetryDropped ?? null,
    process: processView(row),
    bootMs: row.ownBootMs ?? process?.bootMs ?? null,
    boot: bootView(row),
  };
}

/** `own`: what the console holds besides its node. */
export function runtimeOf(row: NodeRow, nowMs: number, own: Readonly<Record<string, number>> = {}): RuntimeView {
  const { key, name, mesh, type, state, stats, statsAtMs } = row;
  const ours = Object.entries(own).map(([collection, size]) => [`console.${collection}`, size] as const);
  return {
    ...{ key, name, mesh, type, live: isLive(state) },
    statsAgeMs: stats === undefined ? null : since(nowMs, statsAtMs),
    uptimeMs: stats?.uptimeMs ?? null,
    shared: stats?.process.shared ?? null,
    rssBytes: stats?.process.rssBytes ?? null,
    handles: stats?.process.handles ?? null,
    eventLoopDelayP99Ms: stats?.eventLoopDelayP99Ms ?? null,
    sizes: stats === undefined ? null : { ...stats.sizes, ...Object.fromEntries(ours) },
  };
}

export function detailOf(row: NodeRow, context: ViewContext): NodeDetail {
  const { nameOf } = context;
  const neighbors = row.entry?.record.neighbors;
  return {
    ...viewOf(row, context),
    sizes: row.stats === undefined ? null : { ...row.stats.sizes },
    declaredNeighbors: neighbors === undefined ? null : neighbors.map((id) => ({ id, name: nameOf(id) })),
  };
}
