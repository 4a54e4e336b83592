/**
 * `POST /api/nodes/{name}/profile`: a CPU profile of any node, asked over the mesh. A caller that goes away ends it at the node too.
 * A profile takes up to 16 MiB while it passes, so only a few are under way at once.
 */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { summarise, unseenCpuShare } from "@meshwork/node/cpu-profile";
import { ConsoleError } from "../errors.js";
import { ProfileRequest, ProfileResult } from "../profile-schemas.js";
import { NodeRef } from "../schemas.js";
import { type ApiContext, ASKING, createRouter, fails, json, rowOf } from "./context.js";

const MAX_UNDER_WAY = 4;

const profile = createRoute({
  method: "post",
  path: "/api/nodes/{name}/profile",
  description: "Answers when the profile is taken. One at a time in a process, and a pause after each.",
  request: {
    params: z.object({ name: NodeRef }),
    body: { required: true, content: { "application/json": { schema: ProfileRequest } } },
  },
  responses: { 200: json(ProfileResult, "The profile, and what each thread of the process used") },
  ...fails(...ASKING, "MESH_E_PROFILES_BUSY"),
});

export function profileRoutes({ model }: ApiContext): OpenAPIHono {
  const routes = createRouter();
  let underWay = 0;

  routes.openapi(profile, async (c) => {
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
