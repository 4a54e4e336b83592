/**
 * A cluster as `mesh up` makes it, each node a process on a host of the lab (or, without a lab, on loopback).
 *
 * Owner: a chaos run; `down` ends the processes, the lab's `down` all else.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MeshError } from "@meshwork/protocol";
import { LabHands } from "../lab/hands.js";
import type { LabHost } from "../lab/host.js";
import type { Lab } from "../lab/lab.js";
import { ChaosCluster, type Conditions, type Twin } from "./chaos-cluster.js";
import type { ChaosNode } from "./chaos-node.js";
import { ClusterNode } from "./cluster-node.js";
import { Collector, type CollectorState } from "./collector.js";
import { ServicesHandle } from "./services.js";
import { startTwin } from "./twin.js";

/** The two meshes of nine that `mesh up` starts. */
export const DEFAULT_SHAPE = {
  meshes: ["mesh1", "mesh2"],
  types: { gateway: 2, broker: 3, compute: 2, registry: 2 },
} as const;

const SEEDS = 2;
/** Two cores boot four at a time about as fast as one by one, and no boot waits long. */
const BOOTS_AT_ONCE = 4;
const WHOLE_WITHIN_MS = 60_000;

export interface ClusterOptions {
  /** Undefined: on loopback; then only faults of processes are possible. */
  readonly lab: Lab | undefined;
  /** Whether the nodes export telemetry where there is no lab: to a collector of this process. */
  readonly collector?: boolean;
  readonly meshes?: readonly string[];
  readonly types?: Readonly<Record<string, number>>;
}

export class Cluster extends ChaosCluster<ClusterNode> {
  readonly noteTargets = undefined;
  readonly lab: Lab | undefined;
  readonly hands: LabHands | undefined;
  readonly #services: ServicesHandle | undefined;
  readonly #collector: Collector | undefined;
  readonly #meshes: readonly string[];
  readonly #directory: string;
  #nodes: ClusterNode[] = [];
  /** Nodes that were replaced since the last `forget`: what they acknowledged counts. */
  #retired: ClusterNode[] = [];
  #directories = 0;

  static async up({ lab, collector = false, meshes, types }: ClusterOptions): Promise<Cluster> {
    const services = lab === undefined ? undefined : await ServicesHandle.start(lab);
    const own = lab === undefined && collector ? new Collector("127.0.0.1", 0) : undefined;
    const cluster = new Cluster(lab, services, own, meshes ?? DEFAULT_SHAPE.meshes);
    try {
      await own?.set("ok");
      const wanted = Object.entries(types ?? DEFAULT_SHAPE.types).flatMap(([type, count]) =>
        Array.from({ length: count }, () => cluster.#meshes.map((mesh) => cluster.#place(mesh, type))).flat(),
      );
      const firsts = cluster.#meshes.flatMap((mesh) => wanted.find((node) => node.mesh === mesh) ?? []);
      for (const node of firsts) await node.start(cluster.seedsFor(node));
      const rest = wanted.filter((node) => !firsts.includes(node))[Symbol.iterator]();
      const lane = async () => {
        for (const node of rest) await node.start(cluster.seedsFor(node));
      };
      await Promise.all(Array.from({ length: BOOTS_AT_ONCE }, lane));
      const problem = await cluster.whole(WHOLE_WITHIN_MS);
      if (problem !== undefined) throw new MeshError("MESH_E_NOT_CONVERGED", problem);
      return cluster;
    } catch (error) {
      await cluster.down();
      throw error;
    }
  }

  private constructor(
    lab: Lab | undefined,
    services: ServicesHandle | undefined,
    collector: Collector | undefined,
    meshes: readonly string[],
  ) {
    super();
    this.lab = lab;
    this.#services = services;
    this.#collector = collector;
    const pidOf = (host: string) => this.nodes.find((node) => node.host?.name === host)?.agent.pid;
    this.hands = lab === undefined || services === undefined ? undefined : new LabHands(lab, services, pidOf);
    this.#meshes = meshes;
    this.#directory = lab?.directory ?? mkdtempSync(join(tmpdir(), "meshwork-chaos-"));
  }

  get meshes(): readonly string[] {
    return this.#meshes;
  }

  get nodes(): readonly ClusterNode[] {
    return this.#nodes.filter((node) => node.isRunning);
  }

  /** A new node with an identity of its own; on a host of its own unless one is given. */
  async add(mesh: string, type: string, host?: LabHost): Promise<ClusterNode> {
    const node = this.#place(mesh, type, host);
    await node.start(this.seedsFor(node));
    return node;
  }

  async restart(node: ClusterNode): Promise<void> {
    await node.start(this.seedsFor(node));
  }

  /** By a new one, on its host. */
  async refill(node: ClusterNode): Promise<void> {
    await this.retire(node);
    await this.add(node.mesh, node.type, node.host);
  }

  async retire(node: ClusterNode): Promise<void> {
    await node.stop();
    this.#nodes = this.#nodes.filter((other) => other !== node);
    this.#retired.push(node);
  }

  async settle(node: ClusterNode, conditions: Conditions): Promise<void> {
    const { hands } = this;
    if (hands === undefined || node.host === undefined) throw new Error("conditions need the lab");
    await node.stop();
    if (conditions === "own-clock") node.extraEnv = hands.makeClock(node.host.name);
    else {
      const dataDir = join(hands.mountDisk(node.host.name), "data");
      cpSync(node.dataDir, dataDir, { recursive: true });
      node.dataDir = dataDir;
    }
    await this.restart(node);
  }

  /** It stays on its disk: the lab's own ends with the lab, too. */
  async release(node: ClusterNode): Promise<void> {
    node.extraEnv = {};
  }

  /** A guest: not of the cluster's count, such as a second node with a stolen identity. What it acknowledges counts. */
  place(mesh: string, type: string): ClusterNode {
    const node = this.#place(mesh, type);
    this.#nodes = this.#nodes.filter((other) => other !== node);
    this.#retired.push(node);
    return node;
  }

  async twin(node: ClusterNode): Promise<Twin> {
    const second = this.place(node.mesh, node.type);
    return startTwin(second, node.dataDir, this.seedsFor(node));
  }

  async setCollector(state: CollectorState): Promise<void> {
    if (this.#services !== undefined) return this.#services.set({ collector: state });
    if (this.#collector === undefined) throw new Error("the nodes of this cluster export to nobody");
    await this.#collector.set(state);
  }

  hostsBut(nodes: readonly ChaosNode[]): readonly string[] {
    return this.nodes.flatMap(({ id, host }) =>
      host === undefined || nodes.some((node) => node.id === id) ? [] : [host.name],
    );
  }

  seedsFor(node: ClusterNode): string[] {
    return [node.mesh, ...node.observes].flatMap((mesh) =>
      this.members(mesh)
        .filter((member) => member !== node)
        .slice(0, SEEDS)
        .map((member) => member.info.seed),
    );
  }

  freshDirectory(): string {
    return join(this.#directory, `node-${++this.#directories}`);
  }

  receivedNotes(): string[] {
    return [...this.#nodes, ...this.#retired].flatMap((node) => node.readNotes());
  }

  get everybody(): readonly ClusterNode[] {
    return [...this.#nodes, ...this.#retired];
  }

  /** Nobody else knows of it. */
  disturbances(): readonly string[] {
    return [];
  }

  protected isGhost(): boolean {
    return true;
  }

  forget(): void {
    this.#retired = this.#retired.filter((node) => !node.wasStarted);
    for (const node of this.#nodes) node.forget();
  }

  async down(): Promise<void> {
    await Promise.all(this.everybody.map((node) => node.kill()));
    await this.#collector?.set("gone");
    if (this.lab === undefined) rmSync(this.#directory, { recursive: true, force: true });
  }

  #place(mesh: string, type: string, host = this.lab?.addHost()): ClusterNode {
    const collectorUrl = this.#services?.collectorUrl ?? this.#collector?.url;
    const node = new ClusterNode({
      mesh,
      type,
      // As the supervisor has it.
      observe: type === "gateway" ? this.#meshes.filter((other) => other !== mesh) : [],
      host,
      dataDir: this.freshDirectory(),
      env: collectorUrl === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl },
      noteProcess: (pid) => this.lab?.ledger.addProcess(pid),
    });
    this.#nodes.push(node);
    return node;
  }
}
