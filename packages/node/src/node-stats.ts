/**
 * A node's figures from the counters themselves: what the console's page, `mesh describe` and the benchmarks show is read here
 * and nowhere else. Event-loop delay costs 50 wake-ups a second, so it is measured only while somebody watches.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { Telemetry } from "@meshwork/telemetry";
import type { Transport, TransportCounters } from "@meshwork/transport";
import { LoadSampler } from "./load-sampler.js";
import { RateWindow } from "./rate-window.js";
import type { NodeStats } from "./types.js";

const LOOP_RESOLUTION_MS = 20;

export interface NodeStatsOptions {
  readonly identity: Pick<NodeStats, "id" | "name" | "mesh" | "type">;
  readonly transport: Transport;
  readonly telemetry: Telemetry;
  readonly sharedProcess: boolean;
  readonly cpuBudgetCores: number;
  readonly ramBudgetBytes: number;
  readonly now: () => number;
  readonly activeViews: () => Readonly<Record<string, readonly string[]>>;
  readonly directorySize: () => number;
  readonly sizes: () => Readonly<Record<string, number>>;
}

export class NodeStatsSource {
  readonly #options: NodeStatsOptions;
  readonly #startedAtMs: number;
  readonly #load: LoadSampler;
  readonly #sentRate: RateWindow;
  readonly #receivedRate: RateWindow;
  #loopDelay: IntervalHistogram | undefined;

  constructor(options: NodeStatsOptions) {
    this.#options = options;
    this.#startedAtMs = options.now();
    this.#load = new LoadSampler(options.now);
    this.#sentRate = new RateWindow(this.#startedAtMs);
    this.#receivedRate = new RateWindow(this.#startedAtMs);
  }

  /** CPU and RAM against budget; absent where the process is shared. */
  load(): { cpuUsedCores: number; rssBytes: number } {
    return this.#load.sample();
  }

  watched(watched: boolean): void {
    if (watched && this.#loopDelay === undefined) {
      this.#loopDelay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
      this.#loopDelay.enable();
    } else if (!watched) {
      this.#loopDelay?.disable();
      this.#loopDelay = undefined;
    }
  }

  read(): NodeStats {
    const { options, counters } = { options: this.#options, counters: this.#options.transport.counters };
    const nowMs = options.now();
    const load = this.#load.sample();
    const { sent, received, frames } = totals(counters);
    const { inbound, outbound } = counters.connectionsOpened;
    return {
      ...options.identity,
      uptimeMs: nowMs - this.#startedAtMs,
      ...(options.sharedProcess ? {} : { cpuUsedCores: load.cpuUsedCores, ramUsedBytes: load.rssBytes }),
      process: {
        pid: process.pid,
        shared: options.sharedProcess,
        cpuUsedCores: load.cpuUsedCores,
        rssBytes: load.rssBytes,
        handles: process.getActiveResourcesInfo().length,
      },
      cpuBudgetCores: options.cpuBudgetCores,
      ramBudgetBytes: options.ramBudgetBytes,
      framesSent: sent,
      framesReceived: received,
      frames,
      framesSentPerMinute: this.#sentRate.sample(nowMs, sent),
      framesReceivedPerMinute: this.#receivedRate.sample(nowMs, received),
      activeViews: options.activeViews(),
      connections: options.transport.peers().reduce((sum, peer) => sum + peer.connections, 0),
      connectionsOpened: inbound + outbound,
      directorySize: options.directorySize(),
      ...this.#loopFigures(),
      telemetryDropped: options.telemetry.stats().reduce((sum, sink) => sum + sink.droppedSpans, 0),
      sizes: options.sizes(),
    };
  }

  #loopFigures(): { eventLoopDelayP99Ms?: number } {
    const histogram = this.#loopDelay;
    if (histogram === undefined || histogram.count === 0) return {};
    // The histogram counts the whole time between its ticks; what is above the resolution is the delay.
    const eventLoopDelayP99Ms = Math.max(0, histogram.percentile(99) / 1e6 - LOOP_RESOLUTION_MS);
    histogram.reset();
    return { eventLoopDelayP99Ms };
  }
}

export function totals(counters: TransportCounters) {
  let sent = 0;
  let received = 0;
  const frames: Record<string, { sent: number; received: number; sentBytes: number; receivedBytes: number }> = {};
  for (const [kind, out] of Object.entries(counters.sent)) {
    const into = counters.received[kind as keyof TransportCounters["received"]];
    sent += out.frames;
    received += into.frames;
    frames[kind] = { sent: out.frames, received: into.frames, sentBytes: out.bytes, receivedBytes: into.bytes };
  }
  return { sent, received, frames };
}
