/**
 * Who stands in which place now: node, process and probe. What is done to a place is done by one at a time. Owner: one run of a soak; one
 * entry per place.
 */
import type { SoakCluster, SoakNode } from "./cluster.js";
import { ProbeClient } from "./probe/probe-client.js";
import type { Place } from "./schedule.js";
import type { Witnesses } from "./witnesses.js";

export interface Standing extends SoakNode {
  readonly place: Place;
  readonly id: string;
  readonly life: string;
  readonly probe: ProbeClient;
}

export interface PopulationEvents {
  readonly joined: (standing: Standing) => Promise<unknown>;
  /** Its process is gone, and nobody has said that it would be. */
  readonly lost: (standing: Standing) => void;
}

export class Population {
  readonly #cluster: SoakCluster;
  readonly #witnesses: Witnesses;
  readonly #events: PopulationEvents;
  readonly #standing = new Map<number, Standing>();
  readonly #turns = new Map<number, Promise<unknown>>();

  constructor(cluster: SoakCluster, witnesses: Witnesses, events: PopulationEvents) {
    this.#cluster = cluster;
    this.#witnesses = witnesses;
    this.#events = events;
  }

  /** Takes the place's probe and view. */
  async enter(place: Place, node: SoakNode): Promise<Standing> {
    let life = "";
    const early: Parameters<Witnesses["changed"]>[1][] = [];
    const probe = await ProbeClient.connect(this.#cluster.launcherPid, node.pid, (change) => {
      if (life === "") early.push(change);
      else this.#witnesses.changed(life, change);
    });
    const hello = await probe.call("hello", {});
    life = hello.life;
    this.#witnesses.joined(hello, Date.now());
    for (const change of early) this.#witnesses.changed(life, change);
    const standing = { ...node, place, id: hello.id, life, probe };
    this.#standing.set(place.index, standing);
    probe.onClosed(() => {
      if (this.#standing.get(place.index) !== standing) return;
      this.leave(standing, Date.now());
      this.#events.lost(standing);
    });
    await this.#events.joined(standing);
    return standing;
  }

  /** It will be ended: its end, when it comes, is nobody's loss. */
  release(standing: Standing): void {
    if (this.#standing.get(standing.place.index) === standing) this.#standing.delete(standing.place.index);
  }

  /** The process that stood there was ended at this time. */
  leave(standing: Standing, atMs: number): void {
    this.release(standing);
    standing.probe.close();
    this.#witnesses.ended(standing.life, atMs);
  }

  /** Looks no further; the processes may run on. */
  leaveAll(): void {
    for (const standing of this.all()) this.leave(standing, Date.now());
  }

  at(place: number): Standing | undefined {
    return this.#standing.get(place);
  }

  all(): Standing[] {
    return [...this.#standing.values()].sort((a, b) => a.place.index - b.place.index);
  }

  /** Runs when whatever was begun with the place before has ended. */
  inTurn<T>(place: number, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(place) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#turns.set(place, mine);
    return mine;
  }

  async idle(): Promise<void> {
    await Promise.allSettled([...this.#turns.values()]);
  }
}
