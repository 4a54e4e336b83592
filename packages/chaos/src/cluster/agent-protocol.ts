/**
 * What the harness and the agents say to each other over IPC. An agent is a process with one node in it: it starts the node, tells
 * what the node's own directory says as it says it, and does as a user's program would (requests, messages). Times are milliseconds of
 * the machine's monotonic clock, which all processes share.
 */
import type { NodeOptions, NodeStats } from "@meshwork/node";

export interface AgentInfo {
  readonly id: string;
  readonly name: string;
  readonly mesh: string;
  readonly type: string;
  readonly seed: string;
  readonly bootMs: number;
}

/** A line of the node's own directory. */
export interface Listed {
  readonly id: string;
  readonly mesh: string;
  readonly suspected: boolean;
  readonly generation: number;
  readonly addresses: readonly string[];
}

/** A change of the node's own directory. */
export interface Change {
  readonly kind: "joined" | "updated" | "left" | "suspected" | "refuted" | "dead" | "expired";
  readonly id: string;
  readonly mesh: string;
  readonly generation: number;
  readonly addresses: readonly string[];
  readonly atMs: number;
}

/** A message of the background traffic that its receiver acknowledged, or that came to nothing. */
export type NoteOutcome =
  | { readonly kind: "acknowledged"; readonly note: string; readonly to: string; readonly sentAtMs: number }
  | { readonly kind: "failed"; readonly to: string; readonly code: string; readonly sentAtMs: number };

/** Input and output of each call. */
export interface AgentCalls {
  start: [input: { readonly options: NodeOptions }, output: AgentInfo];
  directory: [input: Nothing, output: readonly Listed[]];
  stats: [input: Nothing, output: NodeStats];
  /** A request to the node and back; `address` is the way it took. */
  echo: [
    input: { readonly target: string; readonly timeoutMs: number },
    output: { readonly roundTripMs: number; readonly endedAtMs: number; readonly address: string | undefined },
  ];
  /** How far the target's wall clock is from this node's, asked over the mesh. */
  clockOf: [input: { readonly target: string }, output: { readonly aheadMs: number; readonly endedAtMs: number }];
  /** Acknowledged messages to random members of the own mesh (of `among`, where it is given), one each `intervalMs`; 0 stops them. */
  notes: [input: { readonly intervalMs: number; readonly among?: readonly string[] }, output: Nothing];
  /** By the host's name servers, one try. */
  resolve: [input: { readonly host: string; readonly timeoutMs: number }, output: { readonly address: string }];
  /** Keeps the event loop busy, as a bad program would. Answers before it begins. */
  block: [input: { readonly forMs: number }, output: Nothing];
  /** A thread that never rests, beside the node's. */
  burn: [input: { readonly on: boolean }, output: Nothing];
  /** Takes memory and keeps it. */
  hoard: [input: { readonly bytes: number }, output: Nothing];
  /** While its senses are shut an agent tells what it knew before. */
  blind: [input: { readonly shut: boolean }, output: Nothing];
  failure: [input: Nothing, output: { readonly code: string } | null];
  close: [input: { readonly reason: string }, output: Nothing];
}

export type Nothing = Record<string, never>;
export type AgentCall = keyof AgentCalls;
export type AgentInput<K extends AgentCall> = AgentCalls[K][0];
export type AgentOutput<K extends AgentCall> = AgentCalls[K][1];

export interface AgentRequest {
  readonly call: number;
  readonly kind: AgentCall;
  readonly input: unknown;
}

export type AgentMessage =
  | { readonly kind: "up" }
  | { readonly kind: "answer"; readonly call: number; readonly value: unknown }
  | { readonly kind: "error"; readonly call: number; readonly code: string; readonly message: string }
  | { readonly kind: "told"; readonly changes: readonly Change[]; readonly notes: readonly NoteOutcome[] };

/** Milliseconds of CLOCK_MONOTONIC. */
export const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;

export const NOTES_FILE = "notes.log";
