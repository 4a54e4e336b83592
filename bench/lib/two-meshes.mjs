/**
 * 18 node processes in two meshes, as `mesh up` makes them, gateways observing the other mesh; but started by the benchmark itself,
 * so that each node's own directory reports to it, and each can be killed, frozen and started again under its identity.
 */
import { Hosts, nowMs } from "../../tests/support/node-hosts.mjs";
import { sleep } from "./stats.mjs";

const MESHES = ["mesh1", "mesh2"];
const TYPES = { gateway: 2, broker: 3, compute: 2, registry: 2 };
const SEEDS = 3;
const CONVERGE_TIMEOUT_MS = 60_000;

export class TwoMeshes {
  /** Live nodes. */
  nodes = [];
  #hosts = new Hosts();
  #random;

  constructor(random) {
    this.#random = random;
  }

  async start() {
    for (const [type, count] of Object.entries(TYPES)) {
      for (let i = 0; i < count; i++) for (const mesh of MESHES) await this.#add({ mesh, type });
    }
    await this.converged();
  }

  /** Who has to hear of a change of a node: the others of its mesh, and who observes that. */
  watchers(node) {
    return this.nodes.filter((other) => other !== node && this.#lists(other, node));
  }

  isObserver(watcher, node) {
    return watcher.mesh !== node.mesh;
  }

  /** SIGKILL; resolves with the time just before it. */
  async kill(node) {
    this.nodes = this.nodes.filter((other) => other !== node);
    return node.host.kill();
  }

  /** A new process with the identity of a node that is gone. */
  respawn({ mesh, type, dataDir }) {
    return this.#add({ mesh, type, dataDir });
  }

  /** Waits until each node lists exactly whom it must, in their present generations, and suspects none of them. */
  async converged() {
    const deadlineMs = nowMs() + CONVERGE_TIMEOUT_MS;
    for (;;) {
      const wrong = await this.#wrong();
      if (wrong === undefined) return;
      if (nowMs() > deadlineMs) throw new Error(`not converged within ${CONVERGE_TIMEOUT_MS} ms: ${wrong}`);
      await sleep(100);
    }
  }

  /** What each node holds of the others that it should not; undefined where all is well. */
  async #wrong() {
    const directories = await Promise.all(this.nodes.map((node) => node.directory()));
    // Each node is the authority for its own generation.
    const generations = new Map(
      this.nodes.map((node, i) => [node.id, directories[i].find(({ id }) => id === node.id)?.generation]),
    );
    for (const [i, node] of this.nodes.entries()) {
      const expected = this.nodes.filter((other) => this.#lists(node, other));
      const listed = new Map(directories[i].map((entry) => [entry.id, entry]));
      for (const { id, name } of expected) {
        const entry = listed.get(id);
        if (entry === undefined) return `${node.name} lacks ${name}`;
        if (entry.generation !== generations.get(id)) return `${node.name} has an old ${name}`;
        if (entry.suspected) return `${node.name} suspects ${name}`;
      }
      if (listed.size !== expected.length) return `${node.name} lists ${listed.size} instead of ${expected.length}`;
    }
    return undefined;
  }

  async stop() {
    await this.#hosts.stop();
  }

  #lists(node, other) {
    return node.mesh === other.mesh || node.type === "gateway";
  }

  async #add({ mesh, type, dataDir }) {
    const seeds = (of) =>
      this.#random.sample(
        this.nodes.filter((node) => node.mesh === of).map(({ seed }) => seed),
        SEEDS,
      );
    const observe = type === "gateway" ? MESHES.filter((other) => other !== mesh) : [];
    const node = await this.#hosts.node({
      mesh,
      type,
      observe,
      seeds: [mesh, ...observe].flatMap(seeds),
      ...(dataDir === undefined ? {} : { dataDir }),
    });
    this.nodes.push(node);
    return node;
  }
}
