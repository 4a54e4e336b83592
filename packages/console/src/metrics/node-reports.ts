/**
 * The newest report of each node, with its age. Owner: ConsoleMetrics. An entry leaves when a newer report of its node comes, ten
 * minutes after it came where the directory does not list its node, and the oldest first above `MAX_REPORTS`.
 */
import type { IntakePoint } from "@meshwork/telemetry/intake";
import { MeshTotals } from "./mesh-totals.js";
import { type NodeReport, reportsOf } from "./report.js";

/** About 5 kB each. */
const MAX_REPORTS = 2_048;
const KEPT_MS = 600_000;

export interface AgedReport {
  readonly report: NodeReport;
  readonly atMs: number;
}

export class NodeReports {
  readonly totals = new MeshTotals();
  readonly counts = { taken: 0, refused: 0 };
  /** In the order of their arrival, oldest first. */
  readonly #byId = new Map<string, AgedReport>();

  get size(): number {
    return this.#byId.size;
  }

  take(points: readonly IntakePoint[], nowMs: number): void {
    const { reports, refused } = reportsOf(points);
    this.counts.refused += refused;
    for (const report of reports) {
      this.totals.add(report, this.#byId.get(report.id)?.report);
      this.#byId.delete(report.id);
      this.#byId.set(report.id, { report, atMs: nowMs });
      this.counts.taken += 1;
    }
    for (const id of this.#byId.keys()) {
      if (this.#byId.size <= MAX_REPORTS) break;
      this.#byId.delete(id);
    }
  }

  get(id: string): AgedReport | undefined {
    return this.#byId.get(id);
  }

  entries(): IterableIterator<AgedReport> {
    return this.#byId.values();
  }

  /** Forgets old reports of nodes that are not live. */
  sweep(isLive: (id: string) => boolean, nowMs: number): void {
    for (const [id, { atMs }] of this.#byId) if (nowMs - atMs > KEPT_MS && !isLive(id)) this.#byId.delete(id);
  }
}
