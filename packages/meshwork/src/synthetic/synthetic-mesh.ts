/** One synthetic mesh: what happens in the population is put on the wire. Owner: Synthetic, ended by `close`. */
import type { Hash, MeshTopic } from "@meshwork/node/parts";
import type { MemoryNetwork } from "@meshwork/transport";
import { CARRIERS_PER_MESH, Carriers } from "./carriers.js";
import { SyntheticMember } from "./member.js";
import { Population } from "./population.js";

const MIN_REFRESH_MS = 30_000;
const REFRESH_MS_PER_MEMBER = 4_000;
/** First records a tick. */
const INTRODUCED_AT_ONCE = 50;

export interface SyntheticMeshOptions {
  readonly mesh: MeshTopic;
  /** Carriers among them. */
  readonly nodes: number;
  readonly typeOf: (index: number) => string;
  readonly seed: number;
  readonly changedShare: number;
  readonly random: () => number;
  readonly hash: Hash;
  readonly network: MemoryNetwork;
  readonly dataDir: string;
}

export class SyntheticMesh {
  readonly #options: SyntheticMeshOptions;
  readonly #carriers: Carriers;
  readonly #population: Population;
  readonly #members: readonly SyntheticMember[];
  #introduced = 0;

  constructor(options: SyntheticMeshOptions) {
    const { nodes, seed, changedShare, random, hash, network, dataDir, mesh } = options;
    this.#options = options;
    this.#carriers = new Carriers(mesh, hash, network, dataDir);
    this.#population = new Population(nodes - CARRIERS_PER_MESH, seed, changedShare, {
      changed: (index) => {
        this.#at(index).changeLoad();
        this.#publish(index);
      },
      started: (index) => {
        this.#at(index).start();
        this.#publish(index);
      },
      left: (index) => {
        this.#carriers.broadcast(this.#at(index).record("leaving").bytes);
        void this.#at(index).end("closing");
      },
      crashed: (index) => void this.#at(index).end("silently"),
      dead: (index, issuer, witness) =>
        this.#carriers.broadcast(this.#at(index).obituary(this.#at(issuer), this.#at(witness))),
    });
    const refreshIntervalMs = Math.max(MIN_REFRESH_MS, REFRESH_MS_PER_MEMBER * nodes);
    this.#members = Array.from({ length: this.#population.size }, (_, index) => {
      const keys = this.#population.keysOf(index);
      const neighbors = () => this.#population.neighborsOf(index);
      const type = options.typeOf(index + CARRIERS_PER_MESH);
      return new SyntheticMember({ mesh, type, keys, network, random, neighbors, refreshIntervalMs });
    });
  }

  get changes(): number {
    return this.#population.changes;
  }

  async start(): Promise<readonly string[]> {
    const types = Array.from({ length: CARRIERS_PER_MESH }, (_, index) => this.#options.typeOf(index));
    await this.#carriers.start(this.#options.network, types);
    for (const member of this.#members) member.start();
    return this.#carriers.nodes.map(({ seed }) => seed);
  }

  /** Puts further first records on the wire; true once all are. */
  introduce(): boolean {
    for (let left = INTRODUCED_AT_ONCE; left > 0 && this.#introduced < this.#members.length; left--) {
      this.#publish(this.#introduced++);
    }
    return this.#introduced === this.#members.length;
  }

  churn(): void {
    this.#population.churn();
  }

  advance(elapsedMs: number): void {
    this.#population.advance(elapsedMs);
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#members.map((member) => member.end("closing")));
    await this.#carriers.close();
  }

  #at(index: number): SyntheticMember {
    const member = this.#members[index];
    if (member === undefined) throw new RangeError(`no synthetic member ${index}`);
    return member;
  }

  #publish(index: number): void {
    this.#carriers.broadcast(this.#at(index).record().bytes);
  }
}
