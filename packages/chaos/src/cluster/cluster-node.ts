/**
 * A node of the lab's cluster through all its lives: its host, its data directory, the agent that runs it now, and what its own
 * directory has said. Owner: the cluster.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { NodeOptions } from "@meshwork/node";
import { MeshError } from "@meshwork/protocol";
import type { LabHost } from "../lab/host.js";
import { Agent } from "./agent.js";
import {
  type AgentCall,
  type AgentInfo,
  type AgentInput,
  type AgentOutput,
  type Change,
  monotonicMs,
  NOTES_FILE,
  type NoteOutcome,
} from "./agent-protocol.js";

/** Since the last `forget`: a fault with 18 nodes makes some hundreds. */
const MAX_CHANGES = 20_000;
const MAX_NOTES = 100_000;
const WAIT_POLL_MS = 50;

export interface ClusterNodeOptions {
  readonly mesh: string;
  readonly type: string;
  readonly observe: readonly string[];
  readonly host: LabHost | undefined;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly noteProcess: (pid: number) => void;
}

export class ClusterNode {
  readonly mesh: string;
  readonly type: string;
  readonly observes: readonly string[];
  readonly host: LabHost | undefined;
  dataDir: string;
  /** Added to the environment of the next start. */
  extraEnv: Record<string, string> = {};
  /** What its directory said since the last `forget`, oldest first. */
  changes: Change[] = [];
  notes: NoteOutcome[] = [];
  readonly #options: ClusterNodeOptions;
  readonly #listeners = new Set<(change: Change) => void>();
  #agent: Agent | undefined;
  #info: AgentInfo | undefined;
  #booted = false;

  constructor(options: ClusterNodeOptions) {
    this.#options = options;
    this.mesh = options.mesh;
    this.type = options.type;
    this.observes = options.observe;
    this.host = options.host;
    this.dataDir = options.dataDir;
  }

  /** Throws MESH_E_AGENT before the first start. */
  get info(): AgentInfo {
    if (this.#info === undefined) throw new MeshError("MESH_E_AGENT", "the node has never been started");
    return this.#info;
  }

  get id(): string {
    return this.info.id;
  }

  get name(): string {
    return this.info.name;
  }

  get wasStarted(): boolean {
    return this.#agent !== undefined;
  }

  /** Its node is up, as far as its process lives. */
  get isRunning(): boolean {
    return this.#booted && this.#agent?.isAlive === true;
  }

  get agent(): Agent {
    if (this.#agent === undefined) throw new MeshError("MESH_E_AGENT", "the node has never been started");
    return this.#agent;
  }

  /** Rejects with what the node itself says where it does not boot; its process is then gone. */
  async start(seeds: readonly string[]): Promise<AgentInfo> {
    if (this.isRunning) throw new MeshError("MESH_E_AGENT", `${this.name} is running`);
    mkdirSync(this.dataDir, { recursive: true, mode: 0o700 });
    const { env, noteProcess } = this.#options;
    const agent = new Agent({
      host: this.host,
      env: { ...env, ...this.extraEnv },
      onTold: (changes, notes) => this.#onTold(changes, notes),
    });
    this.#agent = agent;
    this.#booted = false;
    noteProcess(agent.pid);
    const options: NodeOptions = {
      ...{ mesh: this.mesh, type: this.type, observe: this.observes, seeds, dataDir: this.dataDir },
      ...(this.host === undefined ? {} : { bind: "0.0.0.0:0" }),
    };
    try {
      this.#info = await agent.call("start", { options }, 30_000);
      this.#booted = true;
      return this.#info;
    } catch (error) {
      await agent.kill();
      throw error;
    }
  }

  call<K extends AgentCall>(kind: K, input: AgentInput<K>, timeoutMs?: number): Promise<AgentOutput<K>> {
    return this.agent.call(kind, input, timeoutMs);
  }

  /** Leaves in order. Resolves when the process is gone. */
  async stop(reason = "chaos"): Promise<void> {
    if (!this.isRunning) return;
    this.agent.signal("SIGCONT");
    await this.call("close", { reason }).catch(() => {});
    await this.agent.kill();
  }

  /** Up or booting. */
  async kill(): Promise<void> {
    await this.#agent?.kill();
  }

  /** Ids that it has received, as its file has them: of all its lives in this data directory. */
  readNotes(): string[] {
    try {
      return readFileSync(join(this.dataDir, NOTES_FILE), "utf8")
        .split("\n")
        .filter((line) => line !== "");
    } catch {
      return [];
    }
  }

  forget(): void {
    this.changes = [];
    this.notes = [];
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

  #onTold(changes: readonly Change[], notes: readonly NoteOutcome[]): void {
    if (this.changes.length + changes.length > MAX_CHANGES) throw new MeshError("MESH_E_AGENT", "too many changes");
    this.changes.push(...changes);
    if (this.notes.length < MAX_NOTES) this.notes.push(...notes);
    for (const change of changes) for (const listener of [...this.#listeners]) listener(change);
  }
}
