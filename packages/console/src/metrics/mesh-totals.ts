/**
 * Counters of whole meshes, which only grow: what each node's report says beyond its report before. Adding up the nodes' totals would
 * fall whenever a node goes, and a reader of counters takes a fall for a restart and counts everything anew.
 *
 * A node's first report is where its counting starts (what it did before is unknown or was counted by a console before this one); the
 * first report of its next process counts whole. Owner: ConsoleMetrics. Bounded by meshes and labels; nothing is removed, as counters
 * must stay.
 */
import type { Exposition, HistogramValue, Labels } from "./exposition.js";
import { added, type NodeReport, sameBounds } from "./report.js";

const MAX_MESHES = 64;
const MAX_LABEL_SETS = 64;

interface Totals {
  readonly frames: Map<string, number>;
  readonly bytes: Map<string, number>;
  readonly opened: Map<string, number>;
  readonly closed: Map<string, number>;
  readonly requests: Map<string, HistogramValue>;
  peerRtt: HistogramValue | undefined;
  probeFailures: number;
}

/** Between a direction, which is ours and has none, and a kind, which came from outside and may. */
const SEPARATOR = " ";

export class MeshTotals {
  readonly #byMesh = new Map<string, Totals>();

  get size(): number {
    return this.#byMesh.size;
  }

  add(report: NodeReport, before: NodeReport | undefined): void {
    let totals = this.#byMesh.get(report.mesh);
    if (totals === undefined) {
      if (this.#byMesh.size >= MAX_MESHES) return;
      const maps = { frames: new Map(), bytes: new Map(), opened: new Map(), closed: new Map(), requests: new Map() };
      totals = { ...maps, peerRtt: undefined, probeFailures: 0 };
      this.#byMesh.set(report.mesh, totals);
    }
    const restarted = before !== undefined && before.startedAtMs !== report.startedAtMs;
    const since = restarted ? undefined : (before ?? report);
    addFrames(totals, report, since);
    for (const [direction, value] of report.opened) grow(totals.opened, direction, value, since?.opened.get(direction));
    for (const [reason, value] of report.closed) grow(totals.closed, reason, value, since?.closed.get(reason));
    totals.probeFailures += beyond(report.probeFailures ?? 0, since?.probeFailures);
    if (report.peerRtt !== undefined) totals.peerRtt = grown(totals.peerRtt, report.peerRtt, since?.peerRtt);
    for (const [outcome, value] of report.requests) {
      const total = totals.requests.get(outcome);
      if (total === undefined && totals.requests.size >= MAX_LABEL_SETS) continue;
      totals.requests.set(outcome, grown(total, value, since?.requests.get(outcome)));
    }
  }

  write(out: Exposition): void {
    for (const [mesh, totals] of this.#byMesh) {
      const kindAndDirection = (key: string): Labels => {
        const end = key.indexOf(SEPARATOR);
        return { mesh, kind: key.slice(end + 1), direction: key.slice(0, end) };
      };
      for (const [key, value] of totals.frames) out.add("meshwork_mesh_frames_total", kindAndDirection(key), value);
      for (const [key, value] of totals.bytes) out.add("meshwork_mesh_bytes_total", kindAndDirection(key), value);
      for (const [direction, value] of totals.opened)
        out.add("meshwork_mesh_connections_opened_total", { mesh, direction }, value);
      for (const [reason, value] of totals.closed)
        out.add("meshwork_mesh_connections_closed_total", { mesh, reason }, value);
      out.add("meshwork_mesh_probe_failures_total", { mesh }, totals.probeFailures);
      if (totals.peerRtt !== undefined) out.histogram("meshwork_mesh_peer_rtt_seconds", { mesh }, totals.peerRtt);
      for (const [outcome, value] of totals.requests)
        out.histogram("meshwork_mesh_request_duration_seconds", { mesh, outcome }, value);
    }
  }
}

function addFrames(totals: Totals, report: NodeReport, since: NodeReport | undefined): void {
  for (const [kind, now] of report.frames) {
    const then = since?.frames.get(kind);
    grow(totals.frames, `sent${SEPARATOR}${kind}`, now.sent, then?.sent);
    grow(totals.frames, `received${SEPARATOR}${kind}`, now.received, then?.received);
    grow(totals.bytes, `sent${SEPARATOR}${kind}`, now.sentBytes, then?.sentBytes);
    grow(totals.bytes, `received${SEPARATOR}${kind}`, now.receivedBytes, then?.receivedBytes);
  }
}

/** A counter that fell without another start counts whole: it began anew. */
function beyond(now: number, then: number | undefined): number {
  return then === undefined || now < then ? now : now - then;
}

function grow(into: Map<string, number>, key: string, now: number, then: number | undefined): void {
  if (!into.has(key) && into.size >= MAX_LABEL_SETS) return;
  into.set(key, (into.get(key) ?? 0) + beyond(now, then));
}

/** A node of another version may have other bounds than the mesh began with: its figures are left out. */
function grown(
  total: HistogramValue | undefined,
  now: HistogramValue,
  then: HistogramValue | undefined,
): HistogramValue {
  const anew = then === undefined || !sameBounds(now, then) || now.count < then.count;
  const growth = anew ? now : added(now, negated(then));
  if (total === undefined) return growth;
  return sameBounds(total, growth) ? added(total, growth) : total;
}

function negated(value: HistogramValue): HistogramValue {
  const bucketCounts = value.bucketCounts.map((count) => -count);
  return { bounds: value.bounds, bucketCounts, sum: -value.sum, count: -value.count };
}
