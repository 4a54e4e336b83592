/**
 * The members of one synthetic mesh and what happens to them: an overlay of the simulator (HyParView on a simulated network, links
 * watched by the real failure detector) in which a share of the members changes each second. All from a seed, in virtual time; whoever
 * drives it says how late it is.
 *
 * 1. Of the changes most are of load; some members crash, some leave, some restart, and who is gone comes back as another life.
 * 2. A crash is nobody's news until neighbours find the member silent: the first of them accuses, with another neighbour as witness.
 * 3. At most a tenth is gone at a time.
 *
 * Owner: SyntheticMesh. Bounded by the number of hosts.
 */
import { Cluster, type KeyPair } from "@meshwork/simulator";

const BOOT_SPACING_MS = 2;
/** Virtual: until the overlay has settled. */
const SETTLE_MS = 20_000;
const CRASHES = 0.08;
const LEAVES = 0.04;
const RESTARTS = 0.08;
const MAX_GONE_SHARE = 0.1;
const AWAY_MIN_MS = 8_000;
const AWAY_MAX_MS = 20_000;

export interface PopulationEvents {
  /** Its load is another. */
  changed(index: number): void;
  /** Another life began. */
  started(index: number): void;
  left(index: number): void;
  crashed(index: number): void;
  /** Accused by two of the others. */
  dead(index: number, issuer: number, witness: number): void;
}

export class Population {
  /** Changes so far, deaths found not counted: each is the end of one. */
  changes = 0;
  readonly #cluster: Cluster;
  readonly #events: PopulationEvents;
  /** Who is away, whether it was found, and since when; entries go when it comes back. */
  readonly #gone = new Map<number, { found: boolean }>();
  readonly #changedShare: number;
  #churning = false;

  /** `changedShare`: of the members, each second. */
  constructor(size: number, seed: number, changedShare: number, events: PopulationEvents) {
    this.#events = events;
    this.#changedShare = changedShare;
    this.#cluster = new Cluster({ seed, probeLinks: true, keys: true });
    this.#cluster.watch = { silent: (observer, peer) => this.#silent(observer, peer) };
    this.#cluster.bootSequentially(size, BOOT_SPACING_MS);
    this.#cluster.world.runFor(SETTLE_MS);
  }

  get size(): number {
    return this.#cluster.size;
  }

  idOf(index: number): string {
    return this.#cluster.idOf(index);
  }

  keysOf(index: number): KeyPair {
    return this.#cluster.keysOf(index);
  }

  /** Ids of its active view; empty while it is away. */
  neighborsOf(index: number): readonly string[] {
    return this.#cluster.nodes[index]?.neighbors() ?? [];
  }

  /** From now on members change. */
  churn(): void {
    if (this.#churning) return;
    this.#churning = true;
    this.#plan();
  }

  advance(elapsedMs: number): void {
    this.#cluster.world.runFor(elapsedMs);
  }

  #plan(): void {
    const { world } = this.#cluster;
    const meanMs = 1_000 / (this.#changedShare * this.size);
    world.after(world.random.between(0.5, 1.5) * meanMs, () => {
      this.#change();
      this.#plan();
    });
  }

  #change(): void {
    const { random } = this.#cluster.world;
    let index = random.int(this.size);
    while (this.#gone.has(index)) index = random.int(this.size);
    const kind = random.next();
    this.changes++;
    const mayGo = this.#gone.size < this.size * MAX_GONE_SHARE;
    if (kind < RESTARTS) this.#restart(index);
    else if (mayGo && kind < RESTARTS + CRASHES) this.#go(index, "crash");
    else if (mayGo && kind < RESTARTS + CRASHES + LEAVES) this.#go(index, "leave");
    else this.#events.changed(index);
  }

  #restart(index: number): void {
    this.#events.crashed(index);
    this.#cluster.kill(index);
    this.#start(index);
  }

  #go(index: number, how: "crash" | "leave"): void {
    const { world } = this.#cluster;
    if (how === "leave") {
      this.#events.left(index);
      this.#cluster.stop(index);
    } else {
      this.#events.crashed(index);
      this.#cluster.kill(index);
    }
    this.#gone.set(index, { found: how === "leave" });
    world.after(world.random.between(AWAY_MIN_MS, AWAY_MAX_MS), () => {
      this.#gone.delete(index);
      this.#start(index);
    });
  }

  #start(index: number): void {
    const up = this.#up().filter((other) => other !== index);
    this.#cluster.boot(index, this.#cluster.world.random.sample(up, 2));
    this.#events.started(index);
  }

  #silent(observer: number, peer: number): void {
    const gone = this.#gone.get(peer);
    if (gone === undefined || gone.found) return;
    const neighbor = this.neighborsOf(observer)
      .map((id) => this.#cluster.indexOf(id))
      .find((index) => index !== peer && !this.#gone.has(index));
    // With nobody to bear witness the next one who finds it silent tries.
    if (neighbor === undefined) return;
    gone.found = true;
    this.#events.dead(peer, observer, neighbor);
  }

  #up(): number[] {
    return this.#cluster.nodes.flatMap((node, index) => (node === undefined ? [] : [index]));
  }
}
