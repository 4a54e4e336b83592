/**
 * The user-space switch's decisions: what happens to a packet between two addresses. Used where the kernel has no netem; only the
 * links that are delayed pass through it.
 */
import type { LinkShape } from "./shape.js";

/** A second of 100 Mbit/s in packets of 1,200 B; what comes on top is dropped, as a full queue of a router would. */
export const MAX_QUEUED = 10_000;
const IPV4_HEADER_BYTES = 20;

export interface Route {
  readonly from: string;
  readonly to: string;
}

/** Of an IPv4 packet; undefined for anything else. */
export function routeOf(packet: Uint8Array): Route | undefined {
  if (packet.length < IPV4_HEADER_BYTES || (packet[0] ?? 0) >> 4 !== 4) return undefined;
  return { from: packet.subarray(12, 16).join("."), to: packet.subarray(16, 20).join(".") };
}

/** After how many milliseconds the packet goes on; undefined: never. `random` gives 0 to 1. */
export function delayOf(shape: LinkShape | undefined, bytes: number, random: () => number): number | undefined {
  if (shape === undefined) return 0;
  if (shape.cut || bytes > (shape.mtuBytes ?? bytes)) return undefined;
  if (random() * 100 < (shape.lossPercent ?? 0)) return undefined;
  if (shape.reorderPercent && random() * 100 < shape.reorderPercent) return 0;
  const jitterMs = (random() * 2 - 1) * (shape.jitterMs ?? 0);
  return Math.max(0, (shape.delayMs ?? 0) + jitterMs);
}
