/**
 * `POST /api/nodes/{name}/profile`: a CPU profile of any node, asked over the mesh. A caller that goes away ends it at the node too.
 * A profile takes up to 16 MiB while it passes, so only a few are under way at once.
 */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { summarise, unseenCpuShare } from "@meshwork/node/cpu-profile";
import { ConsoleError } from "../errors.js";
import { type ApiContext, createRouter, rowOf } from "./context.js";
import * as endpoints from "./endpoints/actions.js";

const MAX_UNDER_WAY = 4;

export function profileRoutes({ model }: ApiContext): OpenAPIHono {
  const routes = createRouter();
  let underWay = 0;

  routes.openapi(endpoints.profile, async (c) => {
    const ref = c.req.valid("param").name;
    const { durationMs } = c.req.valid("json");
    model.live.sync();
    const { id, name, mesh } = rowOf(model, ref);
    if (id === null || name === null) throw new ConsoleError("MESH_E_UNKNOWN_NAME", `${ref} is not up yet`);
    if (underWay >= MAX_UNDER_WAY) throw new ConsoleError("MESH_E_PROFILES_BUSY", `${underWay} are under way`);
    underWay += 1;
    try {
      const message = `profile of ${name} for ${durationMs} ms`;
      model.events.add({ severity: "info", kind: "api.profile", node: name, mesh, message });
      const taken = await model.node.profileOf(id, { durationMs, signal: c.req.raw.signal });
      const summary = summarise(taken.profile);
      return c.json({ ...taken, summary, unseenCpuShare: unseenCpuShare(taken.quiet, summary) }, 200);
    } finally {
      underWay -= 1;
    }
  });

  return routes;
}
