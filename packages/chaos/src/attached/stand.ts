/**
 * What the launcher of a cluster holds ready for chaos (`mesh up --chaos`), and takes back: a collector that every node exports to; with a
 * lab a host for each process, and what may be done to it; what a node is started under; the twin of one.
 *
 * 1. A slot has its host until it is vacated; a host that is free again is tidied before the next node gets it.
 * 2. What a node is started under is made here, of a lab's own things: nobody hands in a path or an environment.
 * 3. `undo` leaves nothing of it on; `close` leaves nothing of it at all.
 *
 * Owner: the launcher. Bounds: hosts and conditions by the supervisor's slots; one twin.
 */
import { cpSync, existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { MeshError } from "@meshwork/protocol";
import { NOTES_FILE } from "../cluster/agent-protocol.js";
import type { Conditions } from "../cluster/chaos-cluster.js";
import { ClusterNode } from "../cluster/cluster-node.js";
import { Collector, type CollectorState } from "../cluster/collector.js";
import { ServicesHandle } from "../cluster/services.js";
import { startTwin } from "../cluster/twin.js";
import { LabHands } from "../lab/hands.js";
import { type LabHost, onHost } from "../lab/host.js";
import { Lab } from "../lab/lab.js";
import { notesFileOf } from "./places.js";

export const CONSOLE_SLOT = "console";
const IDENTITY_FILE = "identity.json";

export interface StandOptions {
  /** Throws MESH_E_LAB_UNABLE where the machine cannot hold one. */
  readonly lab: boolean;
  /** The nodes export to a collector of the user's already: there is none of ours. Not in a lab, which it is beyond. */
  readonly hasCollector: boolean;
  /** The launcher's (places.ts). */
  readonly directory: string;
  /** Of the node in a slot. */
  readonly pidOf: (slot: string) => number | undefined;
}

/** Where and under what a process is started. */
export interface Place {
  readonly prefix: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Whom the twin is of. */
export interface TwinOf {
  readonly id: string;
  readonly mesh: string;
  readonly type: string;
  readonly observes: readonly string[];
  readonly slot: string;
  readonly seeds: readonly string[];
}

interface Settled {
  readonly env: Readonly<Record<string, string>>;
  /** The data directory on it. */
  readonly disk?: string;
}

const COLLECTOR_OBSTACLE =
  "the nodes export to a collector of yours (OTEL_EXPORTER_OTLP_ENDPOINT), and nothing is done to that";

export class ChaosStand {
  readonly lab: Lab | undefined;
  readonly hands: LabHands | undefined;
  /** Why these faults cannot be done here, by name. */
  readonly obstacles: Readonly<Record<string, string>>;
  readonly #directory: string;
  readonly #collectorUrl: string | undefined;
  readonly #setCollector: (state: CollectorState) => Promise<void>;
  readonly #hosts = new Map<string, LabHost>();
  #free: LabHost[] = [];
  /** Where each slot's node has its data. */
  readonly #homes = new Map<string, string>();
  readonly #settled = new Map<string, Settled>();
  #twin: { readonly node: ClusterNode; readonly slot: string; readonly notes: string } | undefined;
  #twinHost: LabHost | undefined;
  #twins = 0;
  #closed = false;

  static async open(options: StandOptions): Promise<ChaosStand> {
    if (!options.lab) {
      const collector = options.hasCollector ? undefined : new Collector("127.0.0.1", 0);
      await collector?.set("ok");
      return new ChaosStand(options, undefined, undefined, collector?.url, (state) =>
        requireCollector(collector, state),
      );
    }
    const lab = await Lab.up();
    try {
      lab.ledger.markCluster();
      const services = await ServicesHandle.start(lab);
      const setCollector = (state: CollectorState) => services.set({ collector: state });
      return new ChaosStand(options, lab, services, services.collectorUrl, setCollector);
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  private constructor(
    { directory, pidOf, hasCollector, lab: inLab }: StandOptions,
    lab: Lab | undefined,
    services: ServicesHandle | undefined,
    collectorUrl: string | undefined,
    setCollector: (state: CollectorState) => Promise<void>,
  ) {
    this.lab = lab;
    this.#directory = directory;
    this.#collectorUrl = collectorUrl;
    this.#setCollector = setCollector;
    const ofHost = (host: string) => {
      const slot = this.slotOn(host);
      return slot === undefined ? undefined : pidOf(slot);
    };
    this.hands = lab === undefined || services === undefined ? undefined : new LabHands(lab, services, ofHost);
    this.obstacles =
      hasCollector && !inLab ? { "collector-gone": COLLECTOR_OBSTACLE, "collector-hanging": COLLECTOR_OBSTACLE } : {};
  }

  /** Of the console's process. Undefined without a lab. */
  consoleHost(): LabHost | undefined {
    return this.#hostOf(CONSOLE_SLOT);
  }

  /** Asked for each start anew; `dataDir` is the slot's own. */
  placeFor(slot: string, dataDir: string): Place {
    const host = this.#hostOf(slot);
    const prefix = host === undefined ? [] : onHost(host);
    if (slot === CONSOLE_SLOT) return { prefix, env: {} };
    this.#homes.set(slot, dataDir);
    const { env = {}, disk } = this.#settled.get(slot) ?? {};
    if (disk !== undefined && !existsSync(disk)) cpSync(dataDir, disk, { recursive: true });
    return { prefix, env: { ...this.#collectorEnvironment(), ...env } };
  }

  /** By slot. */
  hosts(): Readonly<Record<string, LabHost>> {
    return Object.fromEntries(this.#hosts);
  }

  slotOn(host: string): string | undefined {
    return [...this.#hosts].find(([, { name }]) => name === host)?.[0];
  }

  /** Its node is gone for good. */
  async vacate(slot: string): Promise<void> {
    this.#homes.delete(slot);
    this.#settled.delete(slot);
    const host = this.#hosts.get(slot);
    if (host === undefined) return;
    this.#hosts.delete(slot);
    await this.hands?.tidy(host.name);
    this.#free.push(host);
  }

  async setCollector(state: CollectorState): Promise<void> {
    if (!this.#closed) await this.#setCollector(state);
  }

  /** From its next start on. Throws MESH_E_BAD_OPTION. */
  settle(slot: string, conditions: Conditions): void {
    const host = this.#hosts.get(slot);
    if (host === undefined || this.hands === undefined)
      throw new MeshError("MESH_E_BAD_OPTION", `${JSON.stringify(slot)} has no host in a lab`);
    if (conditions === "own-clock") this.#settled.set(slot, { env: this.hands.makeClock(host.name) });
    else {
      const disk = join(this.hands.mountDisk(host.name), "data");
      this.#settled.set(slot, { env: { MESH_DATA_DIR: disk }, disk });
    }
  }

  /** Whoever is settled starts at home the next time. */
  release(): void {
    for (const slot of [...this.#settled.keys()]) this.#release(slot);
  }

  /** What its identity has come to on the disk goes home: the next life comes after this one. */
  #release(slot: string): void {
    const disk = this.#settled.get(slot)?.disk;
    const home = this.#homes.get(slot);
    this.#settled.delete(slot);
    if (disk === undefined || home === undefined || !existsSync(join(disk, IDENTITY_FILE))) return;
    cpSync(join(disk, IDENTITY_FILE), join(home, IDENTITY_FILE));
  }

  /** Throws MESH_E_BAD_OPTION where there is one, and what its node says where it does not come up. */
  async startTwin({ id, mesh, type, observes, slot, seeds }: TwinOf): Promise<void> {
    const home = this.#settled.get(slot)?.disk ?? this.#homes.get(slot);
    if (this.#twin !== undefined || home === undefined)
      throw new MeshError("MESH_E_BAD_OPTION", `${JSON.stringify(slot)} can have no twin now`);
    this.#twinHost ??= this.lab?.addHost();
    this.#twins += 1;
    const node = new ClusterNode({
      ...{ mesh, type, observe: observes, host: this.#twinHost },
      dataDir: join(this.#directory, "twin"),
      env: this.#collectorEnvironment(),
      noteProcess: (pid) => this.lab?.ledger.addProcess(pid),
    });
    this.#twin = { node, slot, notes: notesFileOf(`${id}-twin-${this.#twins}`) };
    try {
      await startTwin(node, home, seeds);
    } catch (error) {
      await this.endTwin();
      throw error;
    }
  }

  async twinFailure(): Promise<string | undefined> {
    const node = this.#twin?.node;
    return node?.isRunning ? (await node.call("failure", {}))?.code : undefined;
  }

  /** What it acknowledged counts; all else of it goes. */
  async endTwin(): Promise<void> {
    const twin = this.#twin;
    if (twin === undefined) return;
    this.#twin = undefined;
    const { dataDir } = twin.node;
    await twin.node.kill();
    const notes = join(dataDir, NOTES_FILE);
    if (existsSync(notes)) renameSync(notes, join(this.#directory, twin.notes));
    rmSync(dataDir, { recursive: true, force: true });
  }

  /** Slots of nodes to whose hosts something is done now, or that have a twin. */
  harmed(): readonly string[] {
    const hosts = (this.hands?.harmed() ?? []).flatMap((host) => this.slotOn(host) ?? []);
    return [...new Set([...hosts, ...(this.#twin === undefined ? [] : [this.#twin.slot])])];
  }

  /** All that is on; says what could not be undone. Nodes are started again by whoever started them. */
  async undo(): Promise<readonly string[]> {
    // The console ends with the cluster, too: what is on goes with it then.
    if (this.#closed) return [];
    const problems = [...((await this.hands?.undoAll()) ?? [])];
    const tell = (error: Error) => problems.push(error.message);
    await this.endTwin().catch(tell);
    if (this.#collectorUrl !== undefined) await this.setCollector("ok").catch(tell);
    return problems;
  }

  /** What could not be removed. */
  async close(): Promise<readonly string[]> {
    this.#closed = true;
    await this.endTwin().catch(() => {});
    if (this.lab !== undefined) return this.lab.down();
    if (this.#collectorUrl !== undefined) await this.#setCollector("gone");
    return [];
  }

  sizes(): Readonly<Record<string, number>> {
    return { chaosHosts: this.#hosts.size + this.#free.length, chaosSettled: this.#settled.size };
  }

  #hostOf(slot: string): LabHost | undefined {
    if (this.lab === undefined) return undefined;
    let host = this.#hosts.get(slot);
    if (host === undefined) {
      host = this.#free.pop() ?? this.lab.addHost();
      this.#hosts.set(slot, host);
    }
    return host;
  }

  #collectorEnvironment(): Record<string, string> {
    return this.#collectorUrl === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: this.#collectorUrl };
  }
}

async function requireCollector(collector: Collector | undefined, state: CollectorState): Promise<void> {
  if (collector === undefined) throw new MeshError("MESH_E_BAD_OPTION", COLLECTOR_OBSTACLE);
  await collector.set(state);
}
