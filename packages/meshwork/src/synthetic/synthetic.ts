/**
 * `mesh up --synthetic N`: the meshes of a console that has no nodes. They stand on a network inside the console's process, and what
 * the console knows of them it hears as of real ones: hellos, gossip, signed records, obituaries with two signatures, syncs, stats
 * streams. Synthetic are the members behind it: who they are, what happens to them (the simulator, from a seed) and their CPU and RAM.
 * What such a run says of the console and its page is real; of the transport on a network, of processes, of traces it says nothing.
 *
 * Owner: the console's process. Ended by `close`.
 */
import { join } from "node:path";
import type { SyntheticView } from "@meshwork/console";
import type { MeshNode } from "@meshwork/node";
import { createHash, meshTopics } from "@meshwork/node/parts";
import { MeshError } from "@meshwork/protocol";
import { Random } from "@meshwork/simulator";
import { type LinkEndpoint, MemoryNetwork } from "@meshwork/transport";
import { MIN_SYNTHETIC_PER_MESH } from "../up/options.js";
import { SyntheticMesh } from "./synthetic-mesh.js";

const TICK_MS = 50;
const LATENCY_MS = 1;
/** A standstill of the process is not caught up with. */
const MAX_STEP_MS = 1_000;
/** After so long members change even where the console does not list all. */
const POPULATE_TIMEOUT_MS = 60_000;
const DEFAULT_SEED = 1;
const DEFAULT_CHANGED_SHARE = 0.05;

export interface SyntheticOptions {
  readonly meshes: readonly string[];
  readonly nodes: number;
  /** In the proportions of these. */
  readonly types: ReadonlyMap<string, number>;
  readonly dataDir: string;
  readonly seed?: number;
  /** Of the members, each second. Default 0.05. */
  readonly changedShare?: number;
}

export class Synthetic {
  readonly #options: SyntheticOptions;
  /** Each delivery by a timer: on microtasks a thousand hellos would hold the event loop until all are through. */
  readonly #network = new MemoryNetwork({ latencyMs: () => LATENCY_MS });
  readonly #meshes: SyntheticMesh[] = [];
  #timer: NodeJS.Timeout | undefined;
  #populated = false;

  constructor(options: SyntheticOptions) {
    if (options.nodes < options.meshes.length * MIN_SYNTHETIC_PER_MESH) {
      throw new MeshError("MESH_E_USAGE", `${options.nodes} synthetic nodes in ${options.meshes.length} meshes`);
    }
    this.#options = options;
  }

  /** The console's own endpoint on that network: for the hooks of its boot. */
  readonly bindEndpoint = (id: string): LinkEndpoint => this.#network.bind({ id, alpns: [] });

  readonly view = (): SyntheticView => {
    const { nodes, changedShare = DEFAULT_CHANGED_SHARE } = this.#options;
    return { nodes, populated: this.#populated, changedPerSecond: changedShare * nodes };
  };

  get changes(): number {
    return this.#meshes.reduce((sum, mesh) => sum + mesh.changes, 0);
  }

  /** Starts the meshes, joins `console` to them, and lets members change once it lists all. */
  async start(console: Pick<MeshNode, "join" | "directory">): Promise<void> {
    const { meshes, nodes, types, dataDir, seed = DEFAULT_SEED } = this.#options;
    const changedShare = this.#options.changedShare ?? DEFAULT_CHANGED_SHARE;
    const random = new Random(seed);
    const hash = await createHash();
    const kinds = [...types].flatMap(([type, weight]) => Array.from({ length: weight }, () => type));
    const [mesh = "", ...observed] = meshes;
    for (const [index, topic] of meshTopics(mesh, observed, hash).entries()) {
      this.#meshes.push(
        new SyntheticMesh({
          ...{ mesh: topic, hash, network: this.#network, seed: seed + index, random: random.fork().next },
          changedShare,
          nodes: Math.floor(nodes / meshes.length) + (index < nodes % meshes.length ? 1 : 0),
          typeOf: (at) => kinds[at % kinds.length] ?? "node",
          dataDir: join(dataDir, "synthetic", topic.mesh),
        }),
      );
    }
    for (const mesh of this.#meshes) console.join(await mesh.start());
    this.#run(console);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#meshes.map((mesh) => mesh.close()));
  }

  #run({ directory }: Pick<MeshNode, "directory">): void {
    const startedAtMs = performance.now();
    let lastMs = startedAtMs;
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      const elapsedMs = Math.min(nowMs - lastMs, MAX_STEP_MS);
      lastMs = nowMs;
      if (!this.#populated) {
        const introduced = this.#meshes.map((mesh) => mesh.introduce()).every(Boolean);
        const all = directory.size > this.#options.nodes || nowMs - startedAtMs > POPULATE_TIMEOUT_MS;
        this.#populated = introduced && all;
        if (this.#populated) for (const mesh of this.#meshes) mesh.churn();
      }
      for (const mesh of this.#meshes) mesh.advance(elapsedMs);
    }, TICK_MS);
    this.#timer.unref();
  }
}
