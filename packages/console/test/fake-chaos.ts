/** A chaos desk that remembers what it was asked for. */
import type { ChaosDesk, DeskEvent, DeskOrder, DeskRun } from "../src/chaos-desk.js";

export function runOf(id: number, changes: Partial<DeskRun> = {}): DeskRun {
  return {
    specs: [{ action: "kill-node", selector: null, durationMs: 5_000, everyMs: 0, rounds: 1 }],
    ...{ id, state: "running", total: 1, seed: 1, blind: false },
    ...{ ageMs: 10, tookMs: null, current: null, verdicts: [] },
    ...{ counts: { passed: 0, failed: 0, skipped: 0 }, error: null },
    ...changes,
  };
}

export class FakeChaos implements ChaosDesk {
  readonly orders: DeskOrder[] = [];
  readonly reverted: number[] = [];
  readonly stopped: number[] = [];
  acting = 0;
  busy = false;
  held: readonly DeskRun[] = [runOf(1)];
  #listener: ((event: DeskEvent) => void) | undefined;

  running(): number {
    return this.acting;
  }

  changes(): number {
    return 7;
  }

  async faults() {
    const times = { withinMs: 5_000, healedWithinMs: 30_000 };
    return [{ name: "kill-node", summary: "SIGKILL", expects: "it is gone", ...times, needs: [], obstacle: null }];
  }

  async hasTarget(wanted: string): Promise<boolean> {
    return wanted === "broker";
  }

  runs(): readonly DeskRun[] {
    return this.held;
  }

  run(id: number): DeskRun | undefined {
    return this.held.find((run) => run.id === id);
  }

  start(order: DeskOrder): DeskRun | undefined {
    if (this.busy) return undefined;
    if (order.specs.some(({ action }) => action === "nonsense"))
      throw Object.assign(new Error("there is no fault of this name"), { code: "MESH_E_NO_SUCH_FAULT" });
    this.orders.push(order);
    return runOf(2);
  }

  revertNow(id: number): DeskRun | undefined {
    this.reverted.push(id);
    return this.run(id);
  }

  async stop(id: number): Promise<DeskRun | undefined> {
    this.stopped.push(id);
    return this.run(id);
  }

  onEvent(listener: (event: DeskEvent) => void): () => void {
    this.#listener = listener;
    return () => {
      this.#listener = undefined;
    };
  }

  tell(event: DeskEvent): void {
    this.#listener?.(event);
  }

  sizes() {
    return { chaosRuns: this.held.length };
  }
}
