/**
 * What one broadcast cost and reached, in iroh-gossip's own measures (`proto/sim.rs`): RMR (payloads received per delivery, less
 * the one that is needed), LDH (hops at the last first delivery), missed, duration.
 *
 * Owner: Cluster, until `untrack`.
 */
export class BroadcastStat {
  readonly from: number;
  readonly sentAtMs: number;
  /** Payload frames that arrived anywhere. */
  payloads = 0;
  /** First deliveries, without the sender. */
  deliveries = 0;
  lastDeliveryHop = 0;
  lastDeliveryMs: number;
  readonly reached = new Set<number>();

  constructor(from: number, sentAtMs: number) {
    this.from = from;
    this.sentAtMs = sentAtMs;
    this.lastDeliveryMs = sentAtMs;
  }

  /** False where the node had it already. */
  delivered(node: number, hops: number, atMs: number): boolean {
    if (this.reached.has(node) || node === this.from) return false;
    this.reached.add(node);
    this.deliveries++;
    if (hops > this.lastDeliveryHop) this.lastDeliveryHop = hops;
    this.lastDeliveryMs = atMs;
    return true;
  }

  get durationMs(): number {
    return this.lastDeliveryMs - this.sentAtMs;
  }

  get relativeMessageRedundancy(): number {
    return this.deliveries === 0 ? 0 : this.payloads / this.deliveries - 1;
  }
}

export interface Summary {
  readonly mean: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Mean, median and range; zeros for nothing. */
export function summarize(values: readonly number[]): Summary {
  if (values.length === 0) return { mean: 0, median: 0, min: 0, max: 0 };
  const sorted = [...values].sort((a, b) => a - b);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, median: quantile(sorted, 0.5), min: sorted[0]!, max: sorted.at(-1)! };
}

/** Of ascending values: the smallest that at least `share` of them do not exceed. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
