/**
 * The nodes that the supervisor knows, by slot and by name. The pool cap lives here: admission checks and adds in one
 * synchronous turn, so calls made in parallel can't pass it together; a node that waits, boots, runs, stops or restarts
 * holds its place.
 *
 * Owner: the supervisor. An entry goes when its node is stopped or killed for good. Nodes that ended by themselves stay as
 * `exited` (their identity is what a restart brings back), at most as many as the pool holds: above that the oldest go.
 */
import { SupervisorError } from "./errors.js";
import type { NodeRun } from "./node-process.js";
import type { ExitInfo, ManagedNode, NodeSpec, NodeState, ReadyInfo, ReadyNode, StopOutcome } from "./types.js";
import { isSlot } from "./validate.js";

export interface Entry {
  readonly slot: string;
  readonly spec: NodeSpec;
  readonly dataDir: string;
  readonly shared: boolean;
  state: NodeState;
  /** What the supervisor wants of it; `run` lets an exit be a surprise. */
  intent: "run" | "restart" | "keep-exited" | "gone";
  run: NodeRun | undefined;
  /** Of the last time that it was ready; kept over a restart, since the identity is the same. */
  ready: ReadyInfo | undefined;
  observes: readonly string[];
  startedAtMs: number | undefined;
  lastStep: string | undefined;
  restarts: number;
  exit: ExitInfo | undefined;
  stopping: Promise<StopOutcome> | undefined;
  restarting: Promise<ReadyNode> | undefined;
}

export class ProcessTable {
  readonly #bySlot = new Map<string, Entry>();
  readonly #byName = new Map<string, Entry>();
  readonly #maxNodes: number;

  constructor(maxNodes: number) {
    this.#maxNodes = maxNodes;
  }

  /** Throws MESH_E_POOL_FULL unless `count` more may run. Add them before the next await. */
  checkRoom(count: number): void {
    const active = this.active;
    if (active + count > this.#maxNodes) {
      const asked = count === 1 ? "one more" : `${count} more`;
      throw new SupervisorError(
        "MESH_E_POOL_FULL",
        `${active} of ${this.#maxNodes} places are taken, ${asked} asked for`,
      );
    }
  }

  add(slot: string, spec: NodeSpec, dataDir: string, shared: boolean): Entry {
    const entry: Entry = {
      slot,
      spec,
      dataDir,
      shared,
      state: "queued",
      intent: "run",
      run: undefined,
      ready: undefined,
      observes: [],
      startedAtMs: undefined,
      lastStep: undefined,
      restarts: 0,
      exit: undefined,
      stopping: undefined,
      restarting: undefined,
    };
    this.#bySlot.set(slot, entry);
    return entry;
  }

  /** Two names can collide in their 24 bits; the first keeps it, the other goes by its slot. */
  name(entry: Entry, name: string): void {
    if (!this.#byName.has(name)) this.#byName.set(name, entry);
  }

  find(ref: string): Entry | undefined {
    return isSlot(ref) ? this.#bySlot.get(ref) : this.#byName.get(ref);
  }

  /** False where it was gone already. */
  remove(entry: Entry): boolean {
    if (this.#bySlot.get(entry.slot) !== entry) return false;
    this.#bySlot.delete(entry.slot);
    const name = entry.ready?.name;
    if (name !== undefined && this.#byName.get(name) === entry) this.#byName.delete(name);
    return true;
  }

  /** The exited entry to drop, where there are more of them than the pool holds. */
  surplusExited(): Entry | undefined {
    const exited = this.all().filter((entry) => entry.state === "exited");
    return exited.length > this.#maxNodes ? exited[0] : undefined;
  }

  all(): Entry[] {
    return [...this.#bySlot.values()];
  }

  get active(): number {
    let active = 0;
    for (const entry of this.#bySlot.values()) if (entry.state !== "exited") active += 1;
    return active;
  }

  sizes(): { nodes: number; names: number; exited: number } {
    return { nodes: this.#bySlot.size, names: this.#byName.size, exited: this.#bySlot.size - this.active };
  }
}

export function snapshot(entry: Entry): ManagedNode {
  const { slot, spec, state, shared, run, ready, observes, startedAtMs, lastStep, restarts, exit } = entry;
  return {
    slot,
    mesh: spec.mesh,
    type: spec.type,
    state,
    shared,
    pid: run?.pid,
    name: ready?.name,
    id: ready?.id,
    addresses: ready?.addresses ?? [],
    seed: ready?.seed,
    bootMs: ready?.bootMs,
    bootTraceId: ready?.bootTraceId,
    cpuBudgetCores: spec.cpuBudgetCores,
    ramBudgetBytes: spec.ramBudgetBytes,
    observes,
    startedAtMs,
    lastStep,
    restarts,
    exit,
  };
}

export function readySnapshot(entry: Entry, info: ReadyInfo): ReadyNode {
  const { pid, name, id, addresses, seed, bootMs, bootTraceId } = info;
  return { ...snapshot(entry), pid, name, id, addresses, seed, bootMs, bootTraceId };
}
