/**
 * Batches of telemetry on their way over the mesh: kept until an intake has them, tried one at a time, with growing pauses while none
 * is to be had.
 *
 * Owner: the node, from before its endpoint exists (its boot trace waits here) to its close. Bounds: 1 MiB and 64 batches; above
 * either the oldest are given up, which their sink counts.
 */
import { MAX_TELEMETRY_BATCH_BYTES, type TelemetryAnswer, type TelemetryKind } from "@meshwork/protocol";
import type { BatchRoute, TelemetrySink } from "@meshwork/telemetry";
import type { ResolvedOptions } from "./options.js";

export const MAX_SPOOL_BYTES = 1 << 20;
export const MAX_SPOOL_BATCHES = 64;
/** The first is about what a node needs to hear of the others. */
const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000] as const;

/** As options.ts names it. */
const CONSOLE_SINK = "console";

export type Deliver = (kind: TelemetryKind, body: Uint8Array) => Promise<TelemetryAnswer>;

interface Waiting {
  readonly kind: TelemetryKind;
  readonly body: Uint8Array;
  readonly settle: (delivered: boolean) => void;
}

export class TelemetrySpool implements BatchRoute {
  readonly #random: () => number;
  /** Oldest first; the first is the one that is being tried. */
  #waiting: Waiting[] = [];
  #bytes = 0;
  #deliver: Deliver | undefined;
  #timer: NodeJS.Timeout | undefined;
  #attempt = 0;
  #busy = false;
  #closed = false;
  #delivered = 0;
  #givenUp = 0;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  offer(kind: TelemetryKind, body: Uint8Array): Promise<boolean> {
    if (this.#closed || body.length === 0 || body.length > MAX_TELEMETRY_BATCH_BYTES) {
      this.#givenUp++;
      return Promise.resolve(false);
    }
    return new Promise((resolve) => {
      this.#waiting.push({ kind, body, settle: resolve });
      this.#bytes += body.length;
      while (this.#waiting.length > MAX_SPOOL_BATCHES || this.#bytes > MAX_SPOOL_BYTES)
        this.#end(this.#waiting[0], false);
      if (this.#timer === undefined) void this.#next();
    });
  }

  /** From now on there is a way. */
  attach(deliver: Deliver): void {
    this.#deliver = deliver;
    void this.#next();
  }

  /** Somebody was met who may know an intake: what waits is tried now. */
  nudge(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#attempt = 0;
    void this.#next();
  }

  sizes(): Record<string, number> {
    return {
      telemetrySpoolBatches: this.#waiting.length,
      telemetrySpoolBytes: this.#bytes,
      telemetryBatchesOverMesh: this.#delivered,
      telemetryBatchesGivenUp: this.#givenUp,
    };
  }

  /** Something waits, or was delivered. */
  get isUsed(): boolean {
    return this.#waiting.length > 0 || this.#delivered > 0;
  }

  /** Gives up what waits. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const batch of [...this.#waiting]) this.#end(batch, false);
  }

  async #next(): Promise<void> {
    if (this.#busy || this.#deliver === undefined || this.#closed) return;
    const batch = this.#waiting[0];
    if (batch === undefined) return;
    this.#busy = true;
    const answer = await this.#deliver(batch.kind, batch.body).catch((): TelemetryAnswer => "later");
    this.#busy = false;
    if (this.#closed) return;
    if (answer === "taken" || answer === "refused") {
      this.#attempt = 0;
      this.#end(batch, answer === "taken");
      void this.#next();
      return;
    }
    const pauseMs = RETRY_MS[Math.min(this.#attempt++, RETRY_MS.length - 1)] ?? 0;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        void this.#next();
      },
      pauseMs * (0.75 + 0.5 * this.#random()),
    );
    this.#timer.unref();
  }

  #end(batch: Waiting | undefined, delivered: boolean): void {
    const at = batch === undefined ? -1 : this.#waiting.indexOf(batch);
    if (batch === undefined || at < 0) return;
    this.#waiting.splice(at, 1);
    this.#bytes -= batch.body.length;
    if (delivered) this.#delivered++;
    else this.#givenUp++;
    batch.settle(delivered);
  }
}

/** The sinks, the console's with the mesh as its other way, or as its only one. */
export function sinksOverMesh(
  { sinks, telemetryMesh }: Pick<ResolvedOptions, "sinks" | "telemetryMesh">,
  route: BatchRoute,
): readonly TelemetrySink[] {
  if (telemetryMesh === "off") return sinks;
  const others = sinks.filter(({ name }) => name !== CONSOLE_SINK);
  if (telemetryMesh === "always") return [{ name: CONSOLE_SINK, url: "mesh:", route, routeOnly: true }, ...others];
  return sinks.map((sink) => (sink.name === CONSOLE_SINK ? { ...sink, route } : sink));
}
