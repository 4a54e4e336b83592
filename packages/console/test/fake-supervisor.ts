/** A supervisor by hand for this room's tests. */
import type {
  ActionOutcome,
  ProcessAction,
  SpawnOrder,
  SupervisedProcess,
  SupervisorClient,
} from "../src/supervisor-client.js";

export function processOf(extra: Partial<SupervisedProcess> = {}): SupervisedProcess {
  return {
    ...{
      key: "n1-00000000",
      pid: 100,
      state: "ready",
      mesh: "mesh1",
      type: "broker",
      id: null,
      name: null,
      bootMs: null,
    },
    ...{ bootTraceId: null, lastStep: null, shared: false, cpuBudgetCores: null, ramBudgetBytes: null, failure: null },
    ...extra,
  };
}

export class FakeSupervisor implements SupervisorClient {
  processes: SupervisedProcess[] = [];
  down = false;
  readonly orders: SpawnOrder[] = [];
  readonly actions: { key: string; action: ProcessAction }[] = [];
  readonly #listeners = new Set<() => void>();

  async list() {
    if (this.down) throw new Error("gone");
    return this.processes;
  }

  async spawn(order: SpawnOrder) {
    this.orders.push(order);
    if (order.count > 10)
      throw Object.assign(new Error("the pool is full"), { code: "MESH_E_POOL_FULL", hint: "stop some" });
    const spawned = [processOf({ key: "n9-00000000", name: `${order.mesh}.${order.type}.abcdef`, ...order })];
    return { spawned, failed: [] };
  }

  async act(key: string, action: ProcessAction): Promise<ActionOutcome> {
    this.actions.push({ key, action });
    return { result: "done", pid: action === "stop" ? null : 100 };
  }

  onChange(listener: () => void) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
