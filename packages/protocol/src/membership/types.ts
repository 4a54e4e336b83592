/** Shapes shared by records, directory and those who read them. Ids are 64 lower-case hex digits everywhere outside the wire. */

export type LoadClass = "idle" | "normal" | "high" | "full";

/** What a node says of itself. The protobuf encoding of this is signed (wire/record.ts, wire/envelope.ts). */
export interface NodeRecord {
  readonly id: string;
  /** Random 64-bit number of this process start, 16 hex digits. Tells a restart from a reconnect. */
  readonly bootNonce: string;
  readonly mesh: string;
  readonly type: string;
  /** Counter kept beside the identity file; grows with each start. */
  readonly generation: number;
  /** Grows with each publication within a generation. */
  readonly sequence: number;
  readonly addresses: readonly string[];
  readonly relayUrl?: string;
  readonly version: string;
  /** The node's own clock; for display only. */
  readonly startedAtMs: number;
  /** Ids of the active view when the record was made. */
  readonly neighbors: readonly string[];
  readonly loadClass: LoadClass;
  readonly cpuUsedCores?: number;
  readonly cpuBudgetCores: number;
  readonly ramUsedBytes?: number;
  readonly ramBudgetBytes: number;
  readonly framesSent: number;
  readonly framesReceived: number;
  readonly refreshIntervalMs: number;
  readonly status: "alive" | "leaving";
  /** Membership credential of a mesh that demands one; opaque here, at most 1,024 bytes. */
  readonly credential?: Uint8Array;
}

/** A record with its signature, as it travels. `bytes` is the encoded envelope (what is broadcast and synced). */
export interface SignedRecord {
  readonly record: NodeRecord;
  /** The signed bytes: the encoded record. */
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly bytes: Uint8Array;
}

/** A line of the directory. Times are the receiver's own monotonic clock. */
export interface DirectoryEntry {
  readonly id: string;
  readonly name: string;
  readonly mesh: string;
  readonly type: string;
  readonly record: NodeRecord;
  readonly state: "alive";
  /** Since when this node, as one of its neighbours or auditors, suspects it; absent for all whom it does not. Still a live member. */
  readonly suspectedSinceMs?: number;
  /** When the newest (generation, sequence) was received, minus the age it carried. */
  readonly receivedAtMs: number;
  /** When this node first learned of the id in its present generation. */
  readonly firstSeenAtMs: number;
}

export type DirectoryChange =
  | { readonly kind: "joined"; readonly entry: DirectoryEntry; readonly atMs: number }
  /** Address, status, version, load class or generation changed. Mere refreshes are no change. */
  | {
      readonly kind: "updated";
      readonly entry: DirectoryEntry;
      readonly previous: DirectoryEntry;
      readonly atMs: number;
    }
  | { readonly kind: "left"; readonly entry: DirectoryEntry; readonly atMs: number }
  /** Silent towards this node, which now tries it on other paths. Others need not see the same. */
  | { readonly kind: "suspected"; readonly entry: DirectoryEntry; readonly atMs: number }
  /** This node suspects it no more: it was heard, or this node itself was late, or it watches the link no longer. */
  | { readonly kind: "refuted"; readonly entry: DirectoryEntry; readonly atMs: number }
  /** Declared dead; `by` are the ids of those who signed, the issuer first. One who was not comes back as `joined`. */
  | { readonly kind: "dead"; readonly entry: DirectoryEntry; readonly by: readonly string[]; readonly atMs: number }
  /** No refresh within the staleness limit; `evicted`: given up for another identity because the directory is full. */
  | { readonly kind: "expired"; readonly entry: DirectoryEntry; readonly atMs: number; readonly evicted?: true }
  /** The reader was too slow and `missed` changes were dropped; read `entries()` again. */
  | { readonly kind: "lagged"; readonly missed: number; readonly atMs: number };

/** First frame both ends send on a `/meshwork/1` connection. */
export interface Hello {
  readonly protocolVersion: number;
  readonly bootNonce: string;
  readonly mesh: string;
  /** 64 hex digits each; at most 64. */
  readonly topics: readonly string[];
  readonly role: "member" | "observer";
  /** Full name, so that logs can name the peer before its record is known. */
  readonly name: string;
}
