/** A node of a cluster that runs: its place with whoever owns the processes, and the link to its senses. Owner: the attached cluster. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MeshError } from "@meshwork/protocol";
import { type AgentCall, type AgentInput, type AgentOutput, monotonicMs } from "../cluster/agent-protocol.js";
import { ChaosNode } from "../cluster/chaos-node.js";
import type { LabHost } from "../lab/host.js";
import { socketOf } from "./places.js";
import type { Processes, RunningProcess } from "./processes.js";
import { SensesLink } from "./senses-link.js";

/** A process that runs as a node, or stands still as one. */
export type NodeProcess = RunningProcess & { readonly pid: number; readonly id: string; readonly name: string };

const END_WITHIN_MS = 30_000;
const END_POLL_MS = 100;

export class AttachedNode extends ChaosNode {
  readonly slot: string;
  readonly mesh: string;
  readonly type: string;
  readonly observes: readonly string[];
  readonly id: string;
  readonly #processes: Processes;
  readonly #directory: string;
  #name: string;
  #pid: number;
  #seed: string;
  readonly host: LabHost | undefined;
  #link: SensesLink | undefined;
  /** Its process has ended, or is being started again, because of this run. */
  #struck = false;
  #frozen = false;

  constructor(process: NodeProcess, processes: Processes, directory: string, host?: LabHost) {
    super();
    const { slot, mesh, type, observes, id, name, pid, seed = "" } = process;
    this.host = host;
    this.#seed = seed;
    this.slot = slot;
    this.mesh = mesh;
    this.type = type;
    this.observes = observes;
    this.id = id;
    this.#name = name;
    this.#pid = pid;
    this.#processes = processes;
    this.#directory = directory;
  }

  get name(): string {
    return this.#name;
  }

  get seed(): string {
    return this.#seed;
  }

  /** Whether what is listed of its process is what this run made of it. */
  isAsLeft(listed: RunningProcess | undefined): boolean {
    return this.#struck || (listed?.pid === this.#pid && (listed.state === "frozen") === this.#frozen);
  }

  get isRunning(): boolean {
    return this.#link?.isOpen === true;
  }

  async connect(): Promise<void> {
    this.#link?.close();
    const path = join(this.#directory, socketOf(this.#pid));
    this.#link = await SensesLink.open(path, (changes, notes) => this.told(changes, notes));
  }

  call<K extends AgentCall>(kind: K, input: AgentInput<K>, timeoutMs?: number): Promise<AgentOutput<K>> {
    if (this.#link === undefined) return Promise.reject(new MeshError("MESH_E_AGENT", `${this.name} is not attached`));
    return this.#link.call(kind, input, timeoutMs);
  }

  async crash(): Promise<number> {
    this.#struck = true;
    const atMs = monotonicMs();
    await this.#processes.crash(this.slot);
    this.#link?.close();
    return atMs;
  }

  /** Same identity. Resolves when it is ready and its senses are linked again. */
  restart(): Promise<void> {
    return this.again(() => this.#processes.restart(this.slot));
  }

  /** `start` brings its process up once more. */
  async again(start: () => Promise<void>): Promise<void> {
    this.#struck = true;
    await start();
    const process = (await this.#processes.list()).find(({ slot }) => slot === this.slot);
    if (process?.pid === undefined || process.id !== this.id || process.name === undefined)
      throw new MeshError("MESH_E_AGENT", `${this.name} came back as ${process?.name ?? "nobody"}`);
    this.#pid = process.pid;
    this.#name = process.name;
    this.#seed = process.seed ?? "";
    await this.connect();
    this.#struck = false;
  }

  async ended(): Promise<string | null> {
    this.#struck = true;
    const deadlineMs = monotonicMs() + END_WITHIN_MS;
    for (;;) {
      const process = (await this.#processes.list()).find(({ slot }) => slot === this.slot);
      if (process === undefined || process.state === "exited") {
        this.#link?.close();
        return process?.exit?.signal ?? null;
      }
      if (monotonicMs() > deadlineMs) throw new MeshError("MESH_E_AGENT", `${this.name} has not ended`);
      await sleep(END_POLL_MS);
    }
  }

  /** What becomes of its process from now on is this run's doing. */
  leave(): void {
    this.#struck = true;
    this.detach();
  }

  async freeze(): Promise<void> {
    this.#frozen = true;
    await this.#processes.freeze(this.slot);
  }

  async thaw(): Promise<void> {
    if (!this.#frozen) return;
    await this.#processes.thaw(this.slot);
    this.#frozen = false;
  }

  detach(): void {
    this.#link?.close();
  }
}
