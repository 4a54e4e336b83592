/** Tests, from the desk. Without one, or in a read-only console, every route refuses. */
import type { OpenAPIHono, z } from "@hono/zod-openapi";
import { ConsoleError } from "../errors.js";
import type { DeskTestRun } from "../test-desk.js";
import type { TestRun } from "../test-schemas.js";
import { type ApiContext, allowed, createRouter, runOf } from "./context.js";
import * as endpoints from "./endpoints/tests.js";

export function testRoutes({ model }: ApiContext): OpenAPIHono {
  const routes = createRouter();

  const desk = () => allowed(model, model.tests);
  const found = (id: number, run: DeskTestRun | undefined) => viewOf(runOf(id, run));

  routes.openapi(endpoints.testCards, (c) => c.json({ tests: [...desk().tests()] }, 200));

  routes.openapi(endpoints.testRuns, (c) => c.json({ runs: desk().runs().map(viewOf) }, 200));

  routes.openapi(endpoints.testRun, (c) => {
    const { id } = c.req.valid("param");
    return c.json(found(id, desk().run(id)), 200);
  });

  routes.openapi(endpoints.testStart, (c) => {
    const { tests, seed } = c.req.valid("json");
    const stranger = desk().stranger(tests);
    if (stranger !== undefined) throw new ConsoleError("MESH_E_NO_SUCH_TEST", stranger);
    const run = desk().start(tests, seed);
    if (run === undefined) throw new ConsoleError("MESH_E_TESTS_BUSY");
    return c.json(viewOf(run), 201);
  });

  routes.openapi(endpoints.testStop, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(found(id, await desk().stop(id)), 200);
  });

  return routes;
}

function viewOf(run: DeskTestRun): z.output<typeof TestRun> {
  const { current } = run;
  return {
    ...run,
    tests: [...run.tests],
    current: current && { ...current, progress: [...current.progress] },
    results: run.results.map((result) => ({ ...result, reasons: [...result.reasons] })),
  };
}
