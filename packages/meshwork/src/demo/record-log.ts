/**
 * The broker's log: appended records by offset, in memory, bounded in records and in bytes; the oldest go first.
 *
 * Owner: one broker's behaviour. Offsets count up from 0 for the life of the process and are never given twice.
 */
export interface RecordLogLimits {
  readonly maxRecords: number;
  readonly maxBytes: number;
}

/** A demo's measure: an hour of its traffic, and at most a third of a broker's idle footprint. */
export const RECORD_LOG_LIMITS: RecordLogLimits = { maxRecords: 10_000, maxBytes: 16 * 1024 * 1024 };

export class RecordLog {
  readonly #limits: RecordLogLimits;
  /** Slot of an offset: offset % maxRecords. Grows to the limit and then wraps. */
  readonly #slots: (Uint8Array | undefined)[] = [];
  #first = 0;
  #next = 0;
  #bytes = 0;

  constructor(limits: RecordLogLimits = RECORD_LOG_LIMITS) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#next - this.#first;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Oldest offset still held; equals `nextOffset` when empty. */
  get firstOffset(): number {
    return this.#first;
  }

  get nextOffset(): number {
    return this.#next;
  }

  /** Returns the record's offset. Throws a RangeError for a record that could never fit. Keeps the array it is given. */
  append(record: Uint8Array): number {
    if (record.byteLength > this.#limits.maxBytes) {
      throw new RangeError(`a record of ${record.byteLength} bytes is above the log's ${this.#limits.maxBytes}`);
    }
    while (this.size >= this.#limits.maxRecords || this.#bytes + record.byteLength > this.#limits.maxBytes)
      this.#evict();
    const offset = this.#next++;
    this.#slots[offset % this.#limits.maxRecords] = record;
    this.#bytes += record.byteLength;
    return offset;
  }

  /** The record at this offset. Throws a RangeError that names what is held when it is not there. */
  read(offset: number): Uint8Array {
    const record = this.#held(offset);
    if (record === undefined) {
      const holds = this.size === 0 ? "is empty" : `holds ${this.#first} to ${this.#next - 1}`;
      throw new RangeError(`there is no record at offset ${offset}: the log ${holds}`);
    }
    return record;
  }

  /** The newest record, if there is any. */
  newest(): Uint8Array | undefined {
    return this.#held(this.#next - 1);
  }

  #held(offset: number): Uint8Array | undefined {
    if (!Number.isSafeInteger(offset) || offset < this.#first || offset >= this.#next) return undefined;
    return this.#slots[offset % this.#limits.maxRecords];
  }

  #evict(): void {
    const slot = this.#first % this.#limits.maxRecords;
    this.#bytes -= this.#slots[slot]?.byteLength ?? 0;
    this.#slots[slot] = undefined;
    this.#first += 1;
  }
}
