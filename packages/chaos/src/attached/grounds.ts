/**
 * What stands around the processes of a running cluster, for faults that need more than a process: the collector that they export to, guests
 * that come for a fault and go with it, and where the cluster was started in a lab its hosts. As with the processes, their owner sees to it
 * that what is done here is undone where the one who asked for it goes away.
 */
import type { Conditions, Twin } from "../cluster/chaos-cluster.js";
import type { CollectorState } from "../cluster/collector.js";
import type { Abilities } from "../lab/abilities.js";
import type { Hands } from "../lab/hands.js";
import type { LabHost } from "../lab/host.js";

export interface Grounds {
  /** Why these faults cannot be done here although nothing is missing, by name. */
  readonly obstacles: Readonly<Record<string, string>>;
  /** Undefined: it runs in the machine's own network. */
  readonly lab: LabGrounds | undefined;
  setCollector(state: CollectorState): Promise<void>;
  /** A new node. Resolves with its slot when it is ready. */
  spawn(mesh: string, type: string): Promise<string>;
  /** Ends it in order. */
  dismiss(slot: string): Promise<void>;
  /** As of a cluster: see `ChaosCluster`. */
  settle(slot: string, conditions: Conditions): Promise<void>;
  /** Of whoever is settled: nobody is, while no fault is on. */
  release(): Promise<void>;
  twin(slot: string): Promise<Twin>;
}

export interface LabGrounds {
  readonly abilities: Abilities;
  readonly hands: Hands;
  /** By slot; `console` is the console's. */
  hosts(): Promise<Readonly<Record<string, LabHost>>>;
}
