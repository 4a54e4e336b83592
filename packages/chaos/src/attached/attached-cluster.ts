/**
 * A cluster that runs, as the judge knows it: those of its processes that hold one node each, as whoever owns them lists them. The
 * console and nodes that were started elsewhere are not of it: nothing is done to them, and nothing is asked of them.
 *
 * Others may act on it meanwhile. A run in which they did is no evidence, and fails with what was done (`disturbances`).
 *
 * Owner: one chaos run; `close` detaches. One entry per process, and of those that ended until the next fault.
 */
import { ChaosCluster } from "../cluster/chaos-cluster.js";
import { AttachedNode, type NodeProcess } from "./attached-node.js";
import { emptyNotes, readNotes } from "./places.js";
import type { Processes } from "./processes.js";

export class AttachedCluster extends ChaosCluster<AttachedNode> {
  readonly #processes: Processes;
  readonly #directory: string;
  #known: AttachedNode[] = [];
  #gone: AttachedNode[] = [];
  readonly #disturbed = new Set<string>();

  /** `directory`: the launcher's (places.ts). */
  static async open(processes: Processes, directory: string): Promise<AttachedCluster> {
    const cluster = new AttachedCluster(processes, directory);
    await cluster.look();
    cluster.forget();
    return cluster;
  }

  private constructor(processes: Processes, directory: string) {
    super();
    this.#processes = processes;
    this.#directory = directory;
  }

  get nodes(): readonly AttachedNode[] {
    return this.#known.filter((node) => node.isRunning);
  }

  get everybody(): readonly AttachedNode[] {
    return [...this.#known, ...this.#gone];
  }

  /** Others have no hands for it. */
  get noteTargets(): readonly string[] {
    return this.#known.map(({ id }) => id);
  }

  restart(node: AttachedNode): Promise<void> {
    return node.restart();
  }

  /** With the identity that it had: what was harmed belongs to somebody. */
  refill(node: AttachedNode): Promise<void> {
    return node.restart();
  }

  receivedNotes(): string[] {
    return readNotes(this.#directory);
  }

  disturbances(): readonly string[] {
    return [...this.#disturbed];
  }

  forget(): void {
    this.#gone = [];
    this.#disturbed.clear();
    emptyNotes(this.#directory);
    for (const node of this.#known) node.forget();
  }

  close(): void {
    for (const node of this.everybody) node.detach();
  }

  protected isGhost(id: string): boolean {
    return this.everybody.some((node) => node.id === id && !node.isRunning);
  }

  protected override async look(): Promise<void> {
    const listed = (await this.#processes.list()).filter(isNode);
    const bySlot = new Map(listed.map((process) => [process.slot, process]));
    for (const node of this.#known) {
      if (node.isAsLeft(bySlot.get(node.slot))) continue;
      this.#disturbed.add(`${node.name} was stopped, started, frozen or thawed by somebody else`);
      node.detach();
      this.#gone.push(node);
    }
    this.#known = this.#known.filter((node) => !this.#gone.includes(node));
    const slots = new Set(this.#known.map(({ slot }) => slot));
    const fresh = listed
      .filter(({ slot, state }) => !slots.has(slot) && state === "ready")
      .map((process) => new AttachedNode(process, this.#processes, this.#directory));
    await Promise.allSettled(fresh.map((node) => node.connect()));
    for (const node of fresh)
      if (node.isRunning) this.#known.push(node);
      else this.#disturbed.add(`${node.name} cannot be asked`);
  }
}

export function isNode(process: {
  readonly pid: number | undefined;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly shared: boolean;
  readonly state: string;
}): process is NodeProcess {
  const { pid, id, name, shared, state } = process;
  return (
    pid !== undefined && id !== undefined && name !== undefined && !shared && (state === "ready" || state === "frozen")
  );
}
