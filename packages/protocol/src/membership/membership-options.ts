/** What a driver hands to the membership of a topic when it opens: who it is, its key, hash, randomness and ear. */
import type { Broadcast } from "../wire/broadcast.js";
import type { DirectoryOptions } from "./directory.js";
import type { OwnRecordOptions } from "./own-record.js";
import type { PublisherOptions } from "./publishing.js";

export interface MembershipOptions extends DirectoryOptions {
  readonly role: "member" | "observer";
  /** 0 to 1. */
  readonly random: () => number;
  readonly verify: (id: string, message: Uint8Array, signature: Uint8Array) => boolean;
  readonly lastHeardMs: (peer: string) => number | undefined;
  readonly gossipIntervalMs?: number | undefined;
  /** Of a member: the key, and what its record says. */
  readonly own?: Omit<OwnRecordOptions, "id" | "mesh" | keyof PublisherOptions>;
  /** Where the same bytes are read by many, as in the simulator, they may be read once. */
  readonly decode?: (content: Uint8Array) => Broadcast;
}
