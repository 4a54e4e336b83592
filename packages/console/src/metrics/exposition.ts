/**
 * Prometheus text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats): families in the catalogue's order, each with HELP
 * and TYPE, values escaped. What is unknown is left out, never 0. One per scrape.
 */
import { METRIC_FAMILIES, type MetricFamily, type MetricName } from "./catalogue.js";

export type Labels = Readonly<Record<string, string>>;

/** Cumulative in time, not yet over the buckets: one count per bound and one above the last. */
export interface HistogramValue {
  readonly bounds: readonly number[];
  readonly bucketCounts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

export class Exposition {
  readonly #lines = new Map<MetricName, string[]>();

  /** Nothing is written where the value is unknown (`undefined`, `null`) or no number. */
  add(name: MetricName, labels: Labels, value: number | null | undefined): void {
    if (typeof value === "number" && !Number.isNaN(value)) this.#push(name, sampleOf(name, labels, value));
  }

  histogram(name: MetricName, labels: Labels, value: HistogramValue): void {
    let below = 0;
    value.bounds.forEach((bound, index) => {
      below += value.bucketCounts[index] ?? 0;
      this.#push(name, sampleOf(`${name}_bucket`, { ...labels, le: numberText(bound) }, below));
    });
    this.#push(name, sampleOf(`${name}_bucket`, { ...labels, le: "+Inf" }, value.count));
    this.summary(name, labels, value);
  }

  /** A summary without quantiles. */
  summary(name: MetricName, labels: Labels, value: Pick<HistogramValue, "sum" | "count">): void {
    this.#push(name, sampleOf(`${name}_sum`, labels, value.sum));
    this.#push(name, sampleOf(`${name}_count`, labels, value.count));
  }

  #push(name: MetricName, line: string): void {
    const lines = this.#lines.get(name);
    if (lines === undefined) this.#lines.set(name, [line]);
    else lines.push(line);
  }

  toString(): string {
    const all: string[] = [];
    for (const [name, family] of Object.entries<MetricFamily>(METRIC_FAMILIES)) {
      const lines = this.#lines.get(name as MetricName);
      if (lines === undefined) continue;
      all.push(`# HELP ${name} ${escapeHelp(family.help)}`, `# TYPE ${name} ${family.type}`, ...lines);
    }
    return `${all.join("\n")}\n`;
  }
}

function sampleOf(name: string, labels: Labels, value: number): string {
  let inner = "";
  for (const key in labels) inner += `${inner === "" ? "" : ","}${key}="${escapeLabel(labels[key] ?? "")}"`;
  return `${name}${inner === "" ? "" : `{${inner}}`} ${numberText(value)}`;
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return /[\\"\n]/.test(text) ? text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n") : text;
}
