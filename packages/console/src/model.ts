/**
 * All that the console knows, behind one object: live state, trace store, messages, events, service graph; and the documents made of
 * them (cluster summary, snapshot, delta). Owner: startConsole.
 */

import type { MeshNode } from "@meshwork/node";
import type { IntakeSpan } from "@meshwork/telemetry";
import { AlertBook } from "./alerts/alert-book.js";
import type {
  BootTrace,
  ClusterSummary,
  Delta,
  EventSnapshot,
  MeshSummary,
  RuntimeSnapshot,
  RuntimeView,
  Snapshot,
  SyntheticView,
} from "./api-types.js";
import type { ChaosDesk } from "./chaos-desk.js";
import type { ConsoleClock } from "./clock.js";
import { History } from "./history/history.js";
import { EventLog } from "./live/event-log.js";
import { LiveState } from "./live/live-state.js";
import { isLive, runtimeOf } from "./live/node-row.js";
import { MessageLog } from "./store/message-log.js";
import { ServiceGraphCounter } from "./store/service-graph.js";
import { TraceStore, type TraceStoreOptions } from "./store/trace-store.js";
import { bootTraceOf } from "./store/trace-view.js";
import type { DemoSwitch, SupervisorClient } from "./supervisor-client.js";
import type { TestDesk } from "./test-desk.js";
import { VersionClock } from "./version-clock.js";
import { nodeOf, pidOf, SPAN_READY } from "./vocabulary.js";

const STREAM_MESSAGES = 100;
const STREAM_EVENTS = 100;
const STREAM_MARKS = 200;

export interface ModelOptions {
  readonly node: MeshNode;
  readonly supervisor: SupervisorClient | undefined;
  readonly demo: DemoSwitch | undefined;
  readonly chaos?: ChaosDesk | undefined;
  readonly tests?: TestDesk | undefined;
  /** Default false. */
  readonly readOnly?: boolean | undefined;
  readonly jaegerUrl?: string | undefined;
  /** Present where the members are made up. */
  readonly synthetic?: (() => SyntheticView) | undefined;
  readonly clock: ConsoleClock;
  readonly limits: Pick<TraceStoreOptions, "maxSpans" | "maxBytes" | "maxSpansPerTrace">;
}

export class ConsoleModel {
  readonly versions = new VersionClock();
  readonly clock: ConsoleClock;
  readonly node: MeshNode;
  readonly demo: DemoSwitch | undefined;
  readonly readOnly: boolean;
  readonly chaos: ChaosDesk | undefined;
  readonly tests: TestDesk | undefined;
  readonly #jaegerUrl: string | null;
  readonly synthetic: (() => SyntheticView) | undefined;
  readonly store: TraceStore;
  readonly messages: MessageLog;
  readonly services: ServiceGraphCounter;
  readonly events: EventLog;
  readonly history: History;
  readonly live: LiveState;
  readonly alerts: AlertBook;
  /** Set by the stream hub. */
  streamClients: () => number = () => 0;
  /** Set by the stream hub. */
  onEvent: () => void = () => {};
  readonly #leaveChaos: (() => void) | undefined;
  #clusterText = "";
  #clusterVersion = 0;

  constructor(options: ModelOptions) {
    const { clock, node } = options;
    this.clock = clock;
    this.node = node;
    this.demo = options.demo;
    this.readOnly = options.readOnly ?? false;
    this.chaos = options.chaos;
    this.tests = options.tests;
    this.#jaegerUrl = options.jaegerUrl ?? null;
    this.synthetic = options.synthetic;
    this.messages = new MessageLog(this.versions);
    this.services = new ServiceGraphCounter(this.versions, clock.nowMs());
    this.history = new History(this.versions, clock);
    this.events = new EventLog(this.versions, clock, (event) => {
      this.history.event(event);
      this.onEvent();
    });
    this.alerts = new AlertBook(this.versions, clock, (event) => this.events.add(event));
    this.store = new TraceStore({
      ...options.limits,
      nowMs: clock.nowMs,
      onMessage: (arrived, partner) => {
        this.messages.add(arrived, clock.nowMs());
        this.services.add(arrived, partner, clock.nowMs());
      },
      onBoot: (span) => this.#onBoot(span),
      onPeerState: (span) => this.live.toldBySpan(span),
    });
    const { supervisor } = options;
    const bootOf = (name: string) => this.bootOf(name);
    const { versions, events, history } = this;
    this.live = new LiveState({ node, supervisor, clock, versions, events, history, bootOf });
    this.#leaveChaos = options.chaos?.onEvent((event) => this.events.add(event));
  }

  bootOf(name: string): BootTrace | undefined {
    const trace = this.store.bootOf(name);
    return trace === undefined ? undefined : bootTraceOf(trace, name, this.clock.nowMs());
  }

  #onBoot(span: IntakeSpan): void {
    const trace = this.store.get(span.traceId);
    if (trace === undefined) return;
    const name = nodeOf(span);
    const boot = bootTraceOf(trace, name ?? "", this.clock.nowMs());
    this.live.onBoot(name, pidOf(span), boot);
    if (span.name !== SPAN_READY || boot.state === "ready" || boot.state === "running") return;
    const who = name ?? `process ${pidOf(span) ?? "unknown"}`;
    const message = `${who}: boot ${boot.state} at ${boot.step}${boot.message === null ? "" : ` (${boot.message})`}`;
    this.events.add({ severity: "error", kind: `boot.${boot.state}`, node: name, mesh: null, message });
  }

  cluster(): ClusterSummary {
    const nowMs = this.clock.nowMs();
    const meshes = new Map<string, MeshSummary>();
    let live = 0;
    for (const row of this.live.rows()) {
      if (!isLive(row.state)) continue;
      live += 1;
      const mesh = meshes.get(row.mesh) ?? { mesh: row.mesh, live: 0, suspected: 0, byType: {} };
      mesh.live += 1;
      if (row.state === "suspected") mesh.suspected += 1;
      mesh.byType[row.type] = (mesh.byType[row.type] ?? 0) + 1;
      meshes.set(row.mesh, mesh);
    }
    const fresh = [...this.live.freshRows(nowMs)].flatMap((row) => (row.stats === undefined ? [] : [row.stats]));
    const sum = (pick: (stats: (typeof fresh)[number]) => number) =>
      fresh.length === 0 ? null : fresh.reduce((total, stats) => total + pick(stats), 0);
    const processes = this.live.lastProcesses;
    const { node } = this;
    return {
      atMs: this.clock.wallMs(),
      live,
      meshes: [...meshes.values()].sort((a, b) => a.mesh.localeCompare(b.mesh)),
      links: this.live.linkCount,
      console: {
        name: node.name,
        id: node.id,
        mesh: node.mesh,
        observes: [...node.observes],
        pid: process.pid,
        uptimeMs: Math.round(process.uptime() * 1_000),
      },
      supervised:
        processes === undefined
          ? null
          : {
              processes: processes.list.length,
              running: processes.list.filter((entry) => entry.state !== "exited" && entry.pid !== null).length,
              ageMs: Math.max(0, nowMs - processes.atMs),
            },
      demo: this.demo === undefined ? null : { running: this.demo.running() },
      chaos:
        this.chaos === undefined || this.readOnly
          ? null
          : { running: this.chaos.running(), changes: this.chaos.changes() },
      tests: this.tests === undefined || this.readOnly ? null : { changes: this.tests.changes() },
      stats: this.live.statsSummary(),
      alerts: this.alerts.counts(),
      framesSentPerMinute: sum((stats) => stats.framesSentPerMinute),
      framesReceivedPerMinute: sum((stats) => stats.framesReceivedPerMinute),
      telemetryDropped: sum((stats) => stats.telemetryDropped),
      store: this.store.stats(),
      streamClients: this.streamClients(),
      readOnly: this.readOnly,
      jaegerUrl: this.#jaegerUrl,
      synthetic: this.synthetic?.() ?? null,
    };
  }

  /** The summary, and the version of its last change; what grows by itself (clocks, ages) is no change. */
  versionedCluster(): { readonly cluster: ClusterSummary; readonly version: number } {
    const cluster = this.cluster();
    const supervised = cluster.supervised && { ...cluster.supervised, ageMs: 0 };
    const text = JSON.stringify({ ...cluster, atMs: 0, supervised, console: { ...cluster.console, uptimeMs: 0 } });
    if (text !== this.#clusterText) {
      this.#clusterText = text;
      this.#clusterVersion = this.versions.next();
    }
    return { cluster, version: this.#clusterVersion };
  }

  snapshot(): Snapshot {
    const { cluster } = this.versionedCluster();
    return {
      seq: this.versions.value,
      atMs: this.clock.wallMs(),
      cluster,
      nodes: this.live.nodes(),
      links: this.live.links(),
      messages: this.messages.newestFirst(STREAM_MESSAGES, this.clock.nowMs()),
      events: this.events.newestFirst(STREAM_EVENTS),
      services: this.services.view(this.clock.nowMs()),
      alerts: this.alerts.views(),
    };
  }

  /** For readers of events alone. */
  eventSnapshot(): EventSnapshot {
    const events = this.events.newestFirst(STREAM_EVENTS);
    return { seq: this.versions.value, atMs: this.clock.wallMs(), events };
  }

  /** For readers of what nodes hold. */
  runtimeSnapshot(): RuntimeSnapshot {
    return { seq: this.versions.value, atMs: this.clock.wallMs(), runtime: this.#runtime(0) };
  }

  runtimeDelta(from: number): Delta | undefined {
    const runtime = this.#runtime(from);
    const { nodes } = this.live.removedSince(from);
    if (runtime.length === 0 && nodes.length === 0) return undefined;
    const removed = nodes.length > 0 ? { removedNodes: nodes } : {};
    return { from, seq: this.versions.value, atMs: this.clock.wallMs(), runtime, ...removed };
  }

  #runtime(sinceVersion: number): RuntimeView[] {
    const nowMs = this.clock.nowMs();
    const changed = [...this.live.rows()].filter(({ version }) => version > sinceVersion);
    return changed.map((row) => runtimeOf(row, nowMs, row.id === this.node.id ? this.sizes() : undefined));
  }

  /** What happened after `from`; undefined where nothing did. */
  eventDelta(from: number): Delta | undefined {
    const events = this.events.newestFirst(STREAM_EVENTS, from);
    return events.length === 0 ? undefined : { from, seq: this.versions.value, atMs: this.clock.wallMs(), events };
  }

  /**
   * What changed after `from`; undefined where nothing did. The summary and the service graph, which change with each span, are in it
   * where they changed after `slowFrom` and `withSlow` is set.
   */
  delta(from: number, slowFrom: number, withSlow: boolean): Delta | undefined {
    if (withSlow) this.services.settle(this.clock.nowMs());
    const slow = withSlow ? this.versionedCluster() : undefined;
    const nodes = this.live.nodes(from);
    const links = this.live.links(from);
    const removed = this.live.removedSince(from);
    const messages = this.messages.newestFirst(STREAM_MESSAGES, this.clock.nowMs(), from);
    const events = this.events.newestFirst(STREAM_EVENTS, from);
    const alerts = this.alerts.views(from);
    const removedAlerts = this.alerts.removedSince(from);
    const marks = this.history.marks(STREAM_MARKS, from);
    const parts: Partial<Delta> = {
      ...(slow !== undefined && slow.version > slowFrom && { cluster: slow.cluster }),
      ...(nodes.length > 0 && { nodes }),
      ...(removed.nodes.length > 0 && { removedNodes: removed.nodes }),
      ...(links.length > 0 && { links }),
      ...(removed.links.length > 0 && { removedLinks: removed.links }),
      ...(messages.length > 0 && { messages }),
      ...(events.length > 0 && { events }),
      ...(marks.length > 0 && { marks }),
      ...(alerts.length > 0 && { alerts }),
      ...(removedAlerts.length > 0 && { removedAlerts }),
      ...(withSlow && this.services.version > slowFrom && { services: this.services.view(this.clock.nowMs()) }),
    };
    if (Object.keys(parts).length === 0) return undefined;
    return { from, seq: this.versions.value, atMs: this.clock.wallMs(), ...parts };
  }

  /** Deltas are complete for readers at or above this version. */
  get horizon(): number {
    return Math.max(this.live.horizon, this.alerts.removals.horizon);
  }

  sizes(): Readonly<Record<string, number>> {
    const { traces, spans } = this.store.stats();
    return {
      ...this.live.sizes(),
      traces,
      spans,
      messages: this.messages.size,
      events: this.events.size,
      historyEntries: this.history.size,
      alerts: this.alerts.size,
      alertsPending: this.alerts.pending,
      serviceEdges: this.services.size,
      streamClients: this.streamClients(),
      ...this.chaos?.sizes(),
      ...this.tests?.sizes(),
    };
  }

  close(): void {
    this.#leaveChaos?.();
    this.live.close();
  }
}
