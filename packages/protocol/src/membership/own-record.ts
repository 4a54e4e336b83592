/**
 * The own record: when it is published (publishing.ts), which version comes next, and the signed record of that moment.
 *
 * 1. A version is never used twice: the sequence grows with each record, the generation with each start and each conflict.
 * 2. Meeting one's own id from another process takes the next generation. Three times within a minute: the later start gives way.
 *
 * Owner: Membership, one per member.
 */
import { signRecord } from "../wire/envelope.js";
import { Publisher, type PublisherEvent, type PublisherOptions } from "./publishing.js";
import type { LoadClass, NodeRecord, SignedRecord } from "./types.js";

/** What the record says besides identity, version and interval; read when it is published. */
export type RecordDescription = Omit<
  NodeRecord,
  "id" | "mesh" | "bootNonce" | "generation" | "sequence" | "loadClass" | "refreshIntervalMs" | "status"
>;

export interface OwnRecordOptions extends PublisherOptions {
  readonly id: string;
  readonly mesh: string;
  readonly bootNonce: string;
  readonly generation: number;
  /** Takes and keeps the next generation, or this one where it is further on: a copy may be far ahead. */
  readonly nextGeneration: (atLeast: number) => number;
  readonly describe: () => RecordDescription;
  /** 64 bytes of Ed25519. */
  readonly sign: (message: Uint8Array) => Uint8Array;
  /** The record cannot be published as it is; the mesh keeps the last one. */
  readonly unpublishable: (error: unknown) => void;
}

const CONFLICTS_TO_STOP = 3;
const CONFLICTS_WITHIN_MS = 60_000;

export class OwnRecord {
  readonly #options: OwnRecordOptions;
  #generation: number;
  #sequence = 0;
  readonly #publisher: Publisher;
  #loadClass: LoadClass = "normal";
  #state: "silent" | "publishing" | "left" = "silent";
  #conflictsAtMs: number[] = [];

  constructor(options: OwnRecordOptions) {
    this.#options = options;
    this.#publisher = new Publisher(options);
    this.#generation = options.generation;
  }

  get generation(): number {
    return this.#generation;
  }

  /** 0 until the first record. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Between the first record and the leave. */
  get isPublishing(): boolean {
    return this.#state === "publishing";
  }

  /** The record to publish now, where one is due, and when to ask again. */
  handle(
    event: PublisherEvent,
    nowMs: number,
  ): { readonly signed?: SignedRecord | undefined; readonly nextAtMs: number } {
    if (this.#state === "left") return { nextAtMs: Number.POSITIVE_INFINITY };
    if (event.kind === "load-class") this.#loadClass = event.loadClass;
    const { publish, nextAtMs } = this.#publisher.handle(event, nowMs);
    if (publish === undefined) return { nextAtMs };
    this.#state = "publishing";
    const signed = this.now(publish === "leave" ? "leaving" : "alive");
    if (publish === "leave") this.#state = "left";
    return { signed, nextAtMs };
  }

  /** The record of this moment, under the next version; nothing before the first and after the leave. */
  now(status: NodeRecord["status"] = "alive"): SignedRecord | undefined {
    if (this.#state !== "publishing") return undefined;
    this.#sequence++;
    const { id, mesh, bootNonce, describe, sign, unpublishable } = this.#options;
    const version = { id, mesh, bootNonce, generation: this.#generation, sequence: this.#sequence };
    const refreshIntervalMs = Math.round(this.#publisher.refreshIntervalMs);
    try {
      return signRecord({ ...describe(), ...version, loadClass: this.#loadClass, refreshIntervalMs, status }, sign);
    } catch (error) {
      unpublishable(error);
      return undefined;
    }
  }

  /** The next one is above this sequence. */
  surpass(sequence: number): void {
    this.#sequence = Math.max(this.#sequence, sequence);
  }

  /** Somebody else shows our id in this generation, or a higher one. True where this process is the one to stop. */
  conflict(generation: number, other: NodeRecord, nowMs: number): boolean {
    if (this.#generation < generation) {
      this.#sequence = 0;
      this.#generation = this.#options.nextGeneration(Math.min(generation, Number.MAX_SAFE_INTEGER));
    }
    if (other.bootNonce === this.#options.bootNonce) return false;
    this.#conflictsAtMs = [...this.#conflictsAtMs, nowMs].slice(-CONFLICTS_TO_STOP);
    const often =
      this.#conflictsAtMs.length === CONFLICTS_TO_STOP && nowMs - this.#conflictsAtMs[0]! <= CONFLICTS_WITHIN_MS;
    return often && this.#isLaterThan(other);
  }

  /** Both sides of a conflict compare the same two starts, so exactly one of them stops. */
  #isLaterThan(other: NodeRecord): boolean {
    const { startedAtMs } = this.#options.describe();
    if (startedAtMs !== other.startedAtMs) return startedAtMs > other.startedAtMs;
    return this.#options.bootNonce > other.bootNonce;
  }
}
