/**
 * The mesh that faults are done to, and what may be asked of it: who lists whom, by each node's own directory; who answers whom; who
 * was taken for gone. The truth (who runs) is the judge's alone.
 */
import type { DirectoryEntry } from "@meshwork/protocol";
import type { Random } from "../core/random.js";
import { MembershipWatch } from "../measure/membership-watch.js";
import { components, overlayOf } from "../measure/overlay.js";
import type { Network } from "../net/network.js";
import type { Paths } from "../net/paths.js";
import { Cluster } from "../node/cluster.js";
import { Echoes } from "./chaos-echoes.js";
import { divergent } from "./membership.js";

const JOIN_SPACING_MS = 200;
const SETTLE_MS = 60_000;
const LOOK_MS = 250;

/** A member that a directory has given up. */
export interface Mark {
  readonly observer: number;
  readonly accused: number;
  readonly kind: "dead" | "expired";
  readonly atMs: number;
}

export interface ChaosStageOptions {
  readonly seed: number;
  readonly nodes: number;
  /** Hosts whose process faults may end; all where absent. */
  readonly isMortal?: (index: number) => boolean;
}

export class ChaosStage {
  readonly cluster: Cluster;
  readonly random: Random;
  readonly watch: MembershipWatch;
  readonly echoes: Echoes;
  /** Since the last `forget`. */
  marks: Mark[] = [];
  readonly #mortal = new Set<number>();
  /** Suspicions that were a problem before, so that one that never ends is one problem. */
  readonly #reported = new Set<string>();
  /** Ids of nodes whose membership sees and does nothing any more. */
  readonly #blind = new Set<string>();

  constructor({ seed, nodes, isMortal }: ChaosStageOptions) {
    const sees = (_: unknown, self: string) => !this.#blind.has(self);
    this.cluster = new Cluster({ seed, membership: { mesh: "sim", spoil: { event: sees, output: sees } } });
    this.random = this.cluster.world.random.fork();
    this.watch = new MembershipWatch(this.cluster);
    const watched = this.cluster.watch.change;
    this.cluster.watch.change = (observer, change) => {
      watched?.call(this.cluster.watch, observer, change);
      const { kind } = change;
      if (kind !== "dead" && !(kind === "expired" && change.evicted !== true)) return;
      const accused = this.cluster.indexOf(change.entry.id);
      this.marks.push({ observer, accused, kind, atMs: this.nowMs });
    };
    this.echoes = new Echoes(this.cluster);
    this.cluster.bootSequentially(nodes, JOIN_SPACING_MS);
    for (let index = 0; index < nodes; index++) if (isMortal?.(index) !== false) this.#mortal.add(index);
    this.cluster.world.runFor(SETTLE_MS);
  }

  get nowMs(): number {
    return this.cluster.world.nowMs;
  }

  get network(): Network {
    return this.cluster.network as Network;
  }

  get paths(): Paths {
    return this.network.paths;
  }

  runFor(durationMs: number): void {
    this.cluster.world.runFor(durationMs);
  }

  running(): number[] {
    return this.cluster.running().map(({ index }) => index);
  }

  others(targets: readonly number[]): number[] {
    return this.running().filter((index) => !targets.includes(index));
  }

  /** Running nodes at random. */
  pick(count: number): number[] {
    return this.random.sample(this.running(), count);
  }

  /** Of those whose process may end. */
  pickMortal(count: number): number[] {
    return this.random.sample(
      this.running().filter((index) => this.#mortal.has(index)),
      count,
    );
  }

  isMortal(index: number): boolean {
    return this.#mortal.has(index);
  }

  /** What the witness's own directory says of the host. */
  listed(witness: number, host: number): DirectoryEntry | undefined {
    return this.cluster.nodes[witness]?.membership?.directory.get(this.cluster.idOf(host));
  }

  generationOf(host: number): number {
    return this.cluster.nodes[host]!.membership!.generation;
  }

  bereft(targets: readonly number[]): boolean {
    return targets.some((target) =>
      this.cluster.nodes[target]!.neighbors().every((id) => targets.includes(this.cluster.indexOf(id))),
    );
  }

  /** A new host with an identity of its own, in the place of one that is gone. */
  replace(gone: number): number {
    const index = this.cluster.addHosts(1);
    if (this.#mortal.delete(gone)) this.#mortal.add(index);
    this.cluster.boot(index, this.pick(3));
    return index;
  }

  restart(host: number): void {
    this.cluster.restart(host, this.random.sample(this.others([host]), 3));
  }

  /** Both ways, with all others. */
  cutOff(host: number, cut: boolean): void {
    for (const other of this.others([host])) {
      for (const [from, to] of [
        [host, other],
        [other, host],
      ] as const) {
        if (cut) this.paths.cut(from, to);
        else this.paths.mend(from, to);
      }
    }
  }

  /** From now on the failure detection and all else of their membership is off, and they hear no answers. */
  blind(witnesses: readonly number[]): void {
    this.echoes.deaf = true;
    for (const witness of witnesses) this.#blind.add(this.cluster.idOf(witness));
  }

  forget(): void {
    this.marks = [];
  }

  /** Waits until every directory is the mesh as it is, nobody is suspected, and the overlay is one; then says what is not. */
  untilWhole(withinMs: number): string | undefined {
    const deadlineMs = this.nowMs + withinMs;
    for (;;) {
      const problem = this.#problem();
      if (problem === undefined) return undefined;
      if (this.nowMs >= deadlineMs) {
        for (const suspicion of this.#suspicions()) this.#reported.add(suspicion);
        return problem;
      }
      this.runFor(LOOK_MS);
    }
  }

  #problem(): string | undefined {
    const wrong = divergent(this.cluster);
    if (wrong > 0) return `${wrong} directories are not the mesh as it is`;
    const [suspicion] = this.#suspicions();
    if (suspicion !== undefined) return suspicion;
    const parts = components(overlayOf(this.cluster)).length;
    return parts === 1 ? undefined : `the overlay is in ${parts} parts`;
  }

  #suspicions(): string[] {
    return this.cluster.running().flatMap(({ index, membership }) =>
      membership!.directory
        .entries()
        .filter(({ suspectedSinceMs }) => suspectedSinceMs !== undefined)
        .map(({ id }) => `${index} suspects ${this.cluster.indexOf(id)}`)
        .filter((suspicion) => !this.#reported.has(suspicion)),
    );
  }
}
