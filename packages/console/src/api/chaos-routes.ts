/** Chaos, from the desk. Without one, or in a read-only console, every route refuses. */
import type { OpenAPIHono, z } from "@hono/zod-openapi";
import type { DeskOrder, DeskRun, DeskVerdict } from "../chaos-desk.js";
import type { ChaosRun, ChaosSpec, ChaosVerdict } from "../chaos-schemas.js";
import { ConsoleError } from "../errors.js";
import { type ApiContext, allowed, createRouter, runOf } from "./context.js";
import * as endpoints from "./endpoints/chaos.js";

export function chaosRoutes({ model }: ApiContext): OpenAPIHono {
  const routes = createRouter();

  const desk = () => allowed(model, model.chaos);
  const found = (id: number, run: DeskRun | undefined) => viewOf(runOf(id, run));

  routes.openapi(endpoints.chaosFaults, async (c) => {
    const faults = await desk().faults();
    return c.json({ faults: faults.map((fault) => ({ ...fault, needs: [...fault.needs] })) }, 200);
  });

  routes.openapi(endpoints.chaosRuns, (c) => c.json({ runs: desk().runs().map(viewOf) }, 200));

  routes.openapi(endpoints.chaosRun, (c) => {
    const { id } = c.req.valid("param");
    return c.json(found(id, desk().run(id)), 200);
  });

  routes.openapi(endpoints.chaosStart, async (c) => {
    const { specs, seed, blind } = c.req.valid("json");
    for (const { selector } of specs)
      if (selector !== undefined && !(await desk().hasTarget(selector)))
        throw new ConsoleError("MESH_E_UNKNOWN_NAME", selector);
    const run = desk().start({ specs: specs.map(orderOf), seed, blind });
    if (run === undefined) throw new ConsoleError("MESH_E_CHAOS_BUSY");
    return c.json(viewOf(run), 201);
  });

  routes.openapi(endpoints.chaosRevert, (c) => {
    const { id } = c.req.valid("param");
    return c.json(found(id, desk().revertNow(id)), 200);
  });

  routes.openapi(endpoints.chaosStop, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(found(id, await desk().stop(id)), 200);
  });

  return routes;
}

function orderOf({ action, selector, durationMs, schedule }: z.output<typeof ChaosSpec>): DeskOrder["specs"][number] {
  return {
    ...{ action, duration: durationMs },
    ...(selector !== undefined && { selector }),
    ...(schedule !== undefined && { schedule: { every: schedule.everyMs, rounds: schedule.rounds } }),
  };
}

function viewOf(run: DeskRun): z.output<typeof ChaosRun> {
  const { current } = run;
  return {
    ...run,
    specs: run.specs.map((spec) => ({ ...spec })),
    current: current && { ...current, targets: [...current.targets], known: [...current.known] },
    verdicts: run.verdicts.map(verdictOf),
  };
}

function verdictOf(verdict: DeskVerdict): z.output<typeof ChaosVerdict> {
  const { fault, outcome, reasons, expects, targets, witnesses = [] } = verdict;
  return {
    ...{ fault, outcome, expects, reasons: [...reasons], targets: [...targets], witnesses: [...witnesses] },
    withinMs: verdict.withinMs ?? null,
    waitedMs: verdict.waitedMs ?? null,
    reverted: verdict.reverted ?? null,
    healedMs: verdict.healedMs ?? null,
    notes: verdict.notes ?? null,
    tookMs: verdict.tookMs ?? null,
    loadPerCore: verdict.loadPerCore ?? null,
  };
}
