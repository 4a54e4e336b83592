/**
 * What the judge and the probe in each process say to each other, over a Unix socket: a line of JSON each way, changes of the node's own
 * directory in between. Not over the mesh: a judge that was a member would be part of what it judges.
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReceivedBook, SentBook } from "../messages/post-office.js";

/** Where the processes of one launcher have their sockets. */
export const probeDirectory = (launcherPid: number) => join(tmpdir(), `meshwork-soak-${launcherPid}`);
export const probePath = (launcherPid: number, pid: number) => join(probeDirectory(launcherPid), `${pid}.sock`);

/** A node's view of one that it has heard of; `life` is the boot nonce of the record. */
export interface SeenMember {
  readonly id: string;
  readonly life: string;
}

export interface ProbeHello extends SeenMember {
  readonly name: string;
  readonly mesh: string;
  readonly type: string;
  /** Live members of its directory, itself included. From here on its changes are told. */
  readonly live: readonly SeenMember[];
}

export interface SeenChange extends SeenMember {
  readonly kind: "joined" | "updated" | "left" | "dead" | "expired" | "suspected" | "refuted";
  /** When the directory said so, by the machine's clock. */
  readonly atMs: number;
}

export interface ProbeFigures {
  /** V8's heap after a forced collection; null where none was asked for. */
  readonly heapBytes: number | null;
  /** What keeps the event loop busy: timers, requests under way, sockets other than TCP connections (see proc.ts). */
  readonly handles: number;
  /** Of a node: QUIC connections, and every owned collection. Empty for processes that are none. */
  readonly connections: number | null;
  readonly sizes: Readonly<Record<string, number>>;
  /** Ids of its neighbours, over all topics. */
  readonly links: readonly string[];
}

export interface ProbeOperations {
  figures: { params: { readonly collect: boolean }; result: ProbeFigures };
  /** Of nodes only. */
  hello: { params: object; result: ProbeHello };
  traffic: { params: { readonly intervalMs: number | null; readonly seed: number }; result: object };
  sent: { params: object; result: SentBook };
  received: { params: { readonly forget: readonly string[] }; result: ReceivedBook };
  /** Holds on to this much more each second, for the self-test of the leak verdict. */
  leak: { params: { readonly bytesPerHour: number }; result: object };
}

export type ProbeHandlers = {
  readonly [K in keyof ProbeOperations]?: (params: ProbeOperations[K]["params"]) => ProbeOperations[K]["result"];
};

export type ProbeLine =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string }
  | { readonly change: SeenChange };
