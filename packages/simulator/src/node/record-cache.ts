/**
 * Broadcasts and records as objects, read once for all nodes of a run: gossip hands the same bytes to every node, and what a sync
 * brings is the same record again. A record that differs in a byte stays an object of its own.
 *
 * Owner: Cluster. Broadcasts go with their bytes; records leave as the oldest above the bound.
 */
import { type Broadcast, decodeBroadcast, type SignedRecord } from "@meshwork/protocol";

const RECORDS_CAPACITY = 65_536;

export class RecordCache {
  readonly #broadcasts = new WeakMap<Uint8Array, Broadcast>();
  readonly #records = new Map<string, SignedRecord>();

  /** Throws `DecodeError`, each time anew. */
  readonly decode = (content: Uint8Array): Broadcast => {
    const known = this.#broadcasts.get(content);
    if (known !== undefined) return known;
    const read = decodeBroadcast(content);
    const broadcast: Broadcast = read.kind === "record" ? { kind: "record", signed: this.same(read.signed) } : read;
    this.#broadcasts.set(content, broadcast);
    return broadcast;
  };

  /** The object that stands for this record everywhere. */
  same(signed: SignedRecord): SignedRecord {
    const { id, generation, sequence } = signed.record;
    const key = `${id}${generation}.${sequence}`;
    const known = this.#records.get(key);
    if (known !== undefined) return Buffer.compare(known.bytes, signed.bytes) === 0 ? known : signed;
    this.#records.set(key, signed);
    if (this.#records.size > RECORDS_CAPACITY) {
      for (const oldest of this.#records.keys()) {
        this.#records.delete(oldest);
        break;
      }
    }
    return signed;
  }
}
