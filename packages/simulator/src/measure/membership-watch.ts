/**
 * Watches the directories of a cluster from outside and knows the truth: who was killed and who has heard of it, how many obituaries
 * were flooded, and which deaths were false.
 *
 * A false death is a dead mark set while the accused was running and reachable from the observer, directly or through a live member,
 * for the whole preceding 4 s. A standstill of the observer is no excuse. Of a life that is over no mark is false.
 *
 * Owner: the scenario; one per cluster, whose `watch` it takes.
 */
import type { DirectoryChange } from "@meshwork/protocol";
import type { Cluster } from "../node/cluster.js";
import { Histogram } from "./histogram.js";

export const FALSE_DEATH_MS = 4_000;
/** Within this time whoever can be reached has been heard of: by two refreshes of a small mesh, or by the sync of each minute. */
const FALSE_EXPIRY_MS = 70_000;

interface Death {
  readonly victim: number;
  readonly atMs: number;
  /** Who was running when it died. */
  readonly survivors: readonly number[];
  readonly knownAtMs: Map<number, number>;
}

export interface FalseDeath {
  readonly observer: number;
  readonly accused: number;
  readonly by: readonly number[];
  readonly atMs: number;
}

export class MembershipWatch {
  readonly falseDeaths: FalseDeath[] = [];
  /** Members that ran, and were taken for gone because no refresh came. */
  falseExpiries = 0;
  suspicions = 0;
  refutations = 0;
  duplicateIdentities = 0;
  /** Dead marks of any kind. */
  marks = 0;
  /** Floods that were begun again because nobody seemed to have heard. */
  repeats = 0;
  /** Who has issued obituaries, by victim, generation and sequence. */
  readonly #floods = new Map<string, Set<number>>();
  readonly #deaths = new Map<string, Death>();
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    cluster.network.paths.remembersMs = FALSE_EXPIRY_MS;
    cluster.watch = {
      change: (observer, change) => this.#changed(observer, change),
      obituary: (issuer, { accused, generation, sequence }) => {
        const key = `${keyOf(cluster.indexOf(accused), generation)}.${sequence}`;
        const issuers = this.#floods.get(key) ?? new Set();
        if (issuers.has(issuer)) this.repeats++;
        this.#floods.set(key, issuers.add(issuer));
      },
      duplicateIdentity: () => this.duplicateIdentities++,
    };
  }

  /** SIGKILL, all at one instant. */
  kill(victims: readonly number[]): void {
    const { world } = this.#cluster;
    const killed = new Set(victims);
    const survivors = this.#cluster.running().flatMap(({ index }) => (killed.has(index) ? [] : [index]));
    for (const victim of victims) {
      const generation = this.#generationOf(victim)!;
      this.#deaths.set(keyOf(victim, generation), { victim, atMs: world.nowMs, survivors, knownAtMs: new Map() });
      this.#cluster.kill(victim);
    }
  }

  /** From each death to each survivor that still runs. */
  detections(): Histogram {
    const histogram = new Histogram();
    for (const { atMs, survivors, knownAtMs } of this.#deaths.values()) {
      for (const survivor of survivors) {
        const knownMs = knownAtMs.get(survivor);
        if (knownMs !== undefined) histogram.add(knownMs - atMs);
        else if (this.#cluster.nodes[survivor] !== undefined) histogram.missing++;
      }
    }
    return histogram;
  }

  /** Floods of each death that was watched. */
  floodsPerDeath(): number[] {
    const counts = new Map([...this.#deaths.keys()].map((key) => [key, 0]));
    for (const [key, issuers] of this.#floods) {
      const death = key.slice(0, key.lastIndexOf("."));
      const count = counts.get(death);
      if (count !== undefined) counts.set(death, count + issuers.size);
    }
    return [...counts.values()];
  }

  /** Floods about whomever, true or not. */
  get floods(): number {
    let sum = 0;
    for (const issuers of this.#floods.values()) sum += issuers.size;
    return sum;
  }

  #changed(observer: number, change: DirectoryChange): void {
    if (change.kind === "suspected") this.suspicions++;
    else if (change.kind === "refuted") this.refutations++;
    else if (change.kind === "dead") {
      this.marks++;
      const by = change.by.map((id) => this.#cluster.indexOf(id));
      this.#dead(observer, this.#cluster.indexOf(change.entry.id), change.entry.record.generation, by);
    } else if (change.kind === "expired" && change.evicted !== true) {
      const accused = this.#cluster.indexOf(change.entry.id);
      const { nowMs } = this.#cluster.world;
      if (!this.#ranSince(observer, nowMs - FALSE_EXPIRY_MS)) return;
      if (this.#reachable(observer, accused, change.entry.record.generation, FALSE_EXPIRY_MS)) this.falseExpiries++;
    }
  }

  #dead(observer: number, accused: number, generation: number, by: readonly number[]): void {
    const { nowMs } = this.#cluster.world;
    const death = this.#deaths.get(keyOf(accused, generation));
    if (death !== undefined && !death.knownAtMs.has(observer)) death.knownAtMs.set(observer, nowMs);
    if (this.#reachable(observer, accused, generation, FALSE_DEATH_MS)) {
      this.falseDeaths.push({ observer, accused, by, atMs: nowMs });
    }
  }

  /** Running, in this life, and reachable all that time. */
  #reachable(observer: number, accused: number, generation: number, forMs: number): boolean {
    const { world, network } = this.#cluster;
    const sinceMs = world.nowMs - forMs;
    if (this.#generationOf(accused) !== generation || !this.#ranSince(accused, sinceMs)) return false;
    if (!network.paths.wasFaultySince(sinceMs)) return true;
    const others = world.hosts.map(({ index }) => index).filter((index) => this.#ranSince(index, sinceMs));
    return network.paths.openThroughout(observer, accused, others, sinceMs);
  }

  #ranSince(index: number, sinceMs: number): boolean {
    const host = this.#cluster.world.hosts[index]!;
    return host.up && !host.frozen && host.runningSinceMs <= sinceMs;
  }

  #generationOf(index: number): number | undefined {
    return this.#cluster.nodes[index]?.membership?.generation;
  }
}

function keyOf(index: number, generation: number): string {
  return `${index}/${generation}`;
}
