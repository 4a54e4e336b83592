/** What the console needs of whoever runs tests for it: it shows and passes on, the desk starts processes and ends them. */
import type { z } from "@hono/zod-openapi";
import type { DeepReadonly } from "./deep-readonly.js";
import type * as schemas from "./test-schemas.js";

export type DeskTestRun = DeepReadonly<z.infer<typeof schemas.TestRun>>;

export interface TestDesk {
  /** Grows whenever a run's view has changed but for its clocks. */
  changes(): number;
  tests(): readonly DeepReadonly<z.infer<typeof schemas.TestCard>>[];
  /** Newest first. */
  runs(): readonly DeskTestRun[];
  run(id: number): DeskTestRun | undefined;
  /** The first of these that there is no test of. */
  stranger(names: readonly string[]): string | undefined;
  /** All where none is named. Undefined where another run is not over. */
  start(names: readonly string[], seed?: number): DeskTestRun | undefined;
  /** Resolves when the run is over. Undefined where there is no such run. */
  stop(id: number): Promise<DeskTestRun | undefined>;
  sizes(): Readonly<Record<string, number>>;
}
