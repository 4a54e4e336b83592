/** `GET /metrics`: Prometheus text format 0.0.4. Series of unknown value are left out. */
import type { Intake } from "./http/otlp.js";
import type { ConsoleModel } from "./model.js";

type Labels = Readonly<Record<string, string>>;

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

class Text {
  #lines: string[] = [];

  family(name: string, type: "gauge" | "counter", help: string, samples: readonly (readonly [Labels, number])[]): void {
    if (samples.length === 0) return;
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const [labels, value] of samples) {
      const inner = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
      this.#lines.push(`${name}${inner.length === 0 ? "" : `{${inner.join(",")}}`} ${value}`);
    }
  }

  toString(): string {
    return `${this.#lines.join("\n")}\n`;
  }
}

export function metricsText(model: ConsoleModel, intake: Pick<Intake, "counts">): string {
  model.live.sync();
  const text = new Text();
  const byState = new Map<string, { labels: Labels; count: number }>();
  const sent: [Labels, number][] = [];
  const received: [Labels, number][] = [];
  const dropped: [Labels, number][] = [];
  for (const view of model.live.nodes()) {
    const labels = { mesh: view.mesh, type: view.type, state: view.state };
    const key = JSON.stringify(labels);
    const row = byState.get(key) ?? { labels, count: 0 };
    row.count += 1;
    byState.set(key, row);
    if (view.state !== "live" || view.name === null) continue;
    for (const [kind, counts] of Object.entries(view.frames ?? {})) {
      sent.push([{ node: view.name, kind }, counts.sent]);
      received.push([{ node: view.name, kind }, counts.received]);
    }
    if (view.telemetryDropped !== null) dropped.push([{ node: view.name }, view.telemetryDropped]);
  }
  text.family(
    "meshwork_nodes",
    "gauge",
    "Nodes by mesh, type and state, as the console's directory and supervisor know them",
    [...byState.values()].map(({ labels, count }) => [labels, count]),
  );
  text.family("meshwork_frames_sent_total", "counter", "Frames sent, as the node last said", sent);
  text.family("meshwork_frames_received_total", "counter", "Frames received, as the node last said", received);
  text.family("meshwork_telemetry_dropped_total", "counter", "Spans that a node lost before export", dropped);
  const store = model.store.stats();
  text.family("meshwork_console_spans", "gauge", "Spans in the trace store", [[{}, store.spans]]);
  text.family("meshwork_console_span_bytes", "gauge", "Bytes of the trace store, estimated", [[{}, store.bytes]]);
  text.family("meshwork_console_spans_received_total", "counter", "Spans taken in", [[{}, store.receivedSpans]]);
  text.family("meshwork_console_spans_dropped_total", "counter", "Spans evicted or rejected", [
    [{ reason: "evicted" }, store.evictedSpans],
    [{ reason: "rejected" }, store.rejectedSpans],
  ]);
  text.family("meshwork_console_intake_requests_total", "counter", "OTLP requests", [
    [{ result: "traces" }, intake.counts.traces],
    [{ result: "metrics" }, intake.counts.metrics],
    [{ result: "refused" }, intake.counts.refused],
  ]);
  text.family(
    "meshwork_console_collection_size",
    "gauge",
    "Items in the console's own collections",
    Object.entries(model.sizes()).map(([collection, size]) => [{ collection }, size]),
  );
  return text.toString();
}
