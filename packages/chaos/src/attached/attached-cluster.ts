/**
 * A cluster that runs, as the judge knows it: those of its processes that hold one node each, as whoever owns them lists them. The
 * console and nodes that were started elsewhere are not of it: nothing is done to them, and nothing is asked of them.
 *
 * Others may act on it meanwhile. A run in which they did is no evidence, and fails with what was done (`disturbances`).
 *
 * Owner: one chaos run; `close` detaches. One entry per process, and of those that ended until the next fault.
 */
import { MeshError } from "@meshwork/protocol";
import { ChaosCluster, type Conditions, type Twin } from "../cluster/chaos-cluster.js";
import type { ChaosNode } from "../cluster/chaos-node.js";
import type { CollectorState } from "../cluster/collector.js";
import type { Hands } from "../lab/hands.js";
import type { LabHost } from "../lab/host.js";
import { AttachedNode, type NodeProcess } from "./attached-node.js";
import type { Grounds } from "./grounds.js";
import { emptyNotes, readNotes } from "./places.js";
import type { Processes } from "./processes.js";

export class AttachedCluster extends ChaosCluster<AttachedNode> {
  readonly #processes: Processes;
  readonly #grounds: Grounds;
  readonly #directory: string;
  /** By slot, the console's among them. */
  #hosts: Readonly<Record<string, LabHost>> = {};
  #known: AttachedNode[] = [];
  #gone: AttachedNode[] = [];
  readonly #disturbed = new Set<string>();

  /** `directory`: the launcher's (places.ts). */
  static async open(processes: Processes, grounds: Grounds, directory: string): Promise<AttachedCluster> {
    const cluster = new AttachedCluster(processes, grounds, directory);
    await cluster.look();
    cluster.forget();
    return cluster;
  }

  private constructor(processes: Processes, grounds: Grounds, directory: string) {
    super();
    this.#processes = processes;
    this.#grounds = grounds;
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

  async add(mesh: string, type: string): Promise<AttachedNode> {
    const slot = await this.#grounds.spawn(mesh, type);
    await this.look();
    const node = this.#known.find((known) => known.slot === slot);
    if (node === undefined) throw new MeshError("MESH_E_AGENT", `the new ${type} of ${mesh} is not listed`);
    return node;
  }

  async retire(node: AttachedNode): Promise<void> {
    node.leave();
    this.#known = this.#known.filter((other) => other !== node);
    this.#gone.push(node);
    await this.#grounds.dismiss(node.slot);
  }

  settle(node: AttachedNode, conditions: Conditions): Promise<void> {
    return node.again(() => this.#grounds.settle(node.slot, conditions));
  }

  release(): Promise<void> {
    return this.#grounds.release();
  }

  twin(node: AttachedNode): Promise<Twin> {
    return this.#grounds.twin(node.slot);
  }

  setCollector(state: CollectorState): Promise<void> {
    return this.#grounds.setCollector(state);
  }

  get hands(): Hands | undefined {
    return this.#grounds.lab?.hands;
  }

  /** The console's too: who is cut off is cut off from everybody. */
  hostsBut(nodes: readonly ChaosNode[]): readonly string[] {
    const theirs = new Set(nodes.map(({ host }) => host?.name));
    return Object.values(this.#hosts).flatMap(({ name }) => (theirs.has(name) ? [] : [name]));
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
    this.#hosts = (await this.#grounds.lab?.hosts()) ?? {};
    const slots = new Set(this.#known.map(({ slot }) => slot));
    const fresh = listed
      .filter(({ slot, state }) => !slots.has(slot) && state === "ready")
      .map((process) => new AttachedNode(process, this.#processes, this.#directory, this.#hosts[process.slot]));
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
