/**
 * A node as the judge knows it, in whatever cluster: who it is, what its own directory has said, what it answers, and what may be done to
 * its process. Owner: its cluster.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { LabHost } from "../lab/host.js";
import {
  type AgentCall,
  type AgentInput,
  type AgentOutput,
  type Change,
  monotonicMs,
  type NoteOutcome,
} from "./agent-protocol.js";

/** Since the last `forget`: a fault with 18 nodes makes some hundreds. */
const MAX_CHANGES = 20_000;
const MAX_NOTES = 100_000;
const WAIT_POLL_MS = 50;

export abstract class ChaosNode {
  abstract readonly mesh: string;
  abstract readonly type: string;
  abstract readonly observes: readonly string[];
  abstract get id(): string;
  abstract get name(): string;
  /** `<id>@<ip:port>` */
  abstract get seed(): string;
  /** Undefined: in the machine's own network. */
  abstract get host(): LabHost | undefined;
  /** Its node is up, as far as its process lives. */
  abstract get isRunning(): boolean;
  /** What its directory said since the last `forget`, oldest first. */
  changes: Change[] = [];
  /** Of messages sent since then. */
  notes: NoteOutcome[] = [];
  /** It said more than can be kept: what it said is no evidence of what did not happen. */
  overflowed = false;
  readonly #listeners = new Set<(change: Change) => void>();
  #forgotAtMs = Number.NEGATIVE_INFINITY;

  abstract call<K extends AgentCall>(kind: K, input: AgentInput<K>, timeoutMs?: number): Promise<AgentOutput<K>>;
  /** SIGKILL. Resolves with the monotonic time just before it, once the process is gone. */
  abstract crash(): Promise<number>;
  /** Of a process that is expected to end by itself: resolves with the signal that ended it, null where none did. */
  abstract ended(): Promise<string | null>;
  /** SIGSTOP, SIGCONT. */
  abstract freeze(): Promise<void>;
  abstract thaw(): Promise<void>;

  forget(): void {
    this.changes = [];
    this.notes = [];
    this.overflowed = false;
    this.#forgotAtMs = monotonicMs();
  }

  /** The first change that fits, of those since `sinceMs` and until `deadlineMs`; undefined where there was none. */
  async until(fits: (change: Change) => boolean, sinceMs: number, deadlineMs: number): Promise<Change | undefined> {
    const matches = (change: Change) => change.atMs >= sinceMs && fits(change);
    const known = this.changes.find(matches);
    if (known !== undefined) return known;
    let listener: (change: Change) => void = () => {};
    const coming = new Promise<Change>((resolve) => {
      listener = (change) => matches(change) && resolve(change);
      this.#listeners.add(listener);
    });
    const stop = new AbortController();
    const late = sleep(Math.max(0, deadlineMs - monotonicMs()), undefined, { signal: stop.signal }).catch(
      () => undefined,
    );
    const found = await Promise.race([coming, late]);
    this.#listeners.delete(listener);
    stop.abort();
    return found;
  }

  /** Tries until `work` gives something, or the deadline passes (then undefined). A failure counts as nothing yet. */
  async untilTrue<T>(
    work: () => Promise<T | undefined>,
    deadlineMs: number,
    pollMs = WAIT_POLL_MS,
  ): Promise<T | undefined> {
    for (;;) {
      const value = await work().catch(() => undefined);
      if (value !== undefined) return value;
      if (monotonicMs() + pollMs > deadlineMs) return undefined;
      await sleep(pollMs);
    }
  }

  protected told(changes: readonly Change[], notes: readonly NoteOutcome[]): void {
    if (this.changes.length + changes.length > MAX_CHANGES) this.overflowed = true;
    else this.changes.push(...changes);
    // One that was under way from before tells of what was done before.
    const recent = notes.filter(({ sentAtMs }) => sentAtMs >= this.#forgotAtMs);
    if (this.notes.length < MAX_NOTES) this.notes.push(...recent);
    for (const change of changes) for (const listener of [...this.#listeners]) listener(change);
  }
}
