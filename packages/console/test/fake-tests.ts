/** A desk of tests that remembers what it was asked for. */
import type { DeskTestRun, TestDesk } from "../src/test-desk.js";

export function testRunOf(id: number, changes: Partial<DeskTestRun> = {}): DeskTestRun {
  return {
    ...{ id, state: "running", tests: ["unknown-tag"], seed: 1, ageMs: 10, tookMs: null, results: [] },
    current: { test: "unknown-tag", elapsedMs: 5, expectedMs: 1_000, progress: ["two endpoints are up"] },
    ...{ counts: { passed: 0, failed: 0 }, error: null },
    ...changes,
  };
}

export class FakeTests implements TestDesk {
  readonly orders: { names: readonly string[]; seed: number | undefined }[] = [];
  readonly stopped: number[] = [];
  busy = false;
  changed = 3;
  held: readonly DeskTestRun[] = [testRunOf(1)];

  changes(): number {
    return this.changed;
  }

  tests() {
    return [{ name: "unknown-tag", checks: "a stream of an unknown tag is refused", expectedMs: 1_000 }];
  }

  runs(): readonly DeskTestRun[] {
    return this.held;
  }

  run(id: number): DeskTestRun | undefined {
    return this.held.find((run) => run.id === id);
  }

  stranger(names: readonly string[]): string | undefined {
    return names.find((name) => name !== "unknown-tag");
  }

  start(names: readonly string[], seed?: number): DeskTestRun | undefined {
    if (this.busy) return undefined;
    this.orders.push({ names, seed });
    return testRunOf(2);
  }

  async stop(id: number): Promise<DeskTestRun | undefined> {
    this.stopped.push(id);
    return this.run(id);
  }

  sizes() {
    return { testRuns: this.held.length };
  }
}
