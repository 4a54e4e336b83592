/**
 * `GET /api/nodes/{name}/seen`: what the members of its mesh say of a node now, each asked over the mesh for its own directory. So an
 * action's outcome is the nodes' word and not the launcher's.
 */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type * as api from "../api-types.js";
import { ConsoleError } from "../errors.js";
import { isLive, type NodeRow } from "../live/node-row.js";
import type { ConsoleModel } from "../model.js";
import { type ApiContext, createRouter, rowOf } from "./context.js";
import * as endpoints from "./endpoints/live.js";

/** Each answer is a whole directory: of a large mesh only so many are asked, and the answer says how many there are. */
const MAX_ASKED = 24;
const CONCURRENCY = 8;
const TIMEOUT_MS = 1_500;

export function seenRoutes({ model }: ApiContext): OpenAPIHono {
  const routes = createRouter();

  routes.openapi(endpoints.seen, async (c) => {
    model.live.sync();
    const row = rowOf(model, c.req.valid("param").name);
    const { id, name } = row;
    if (id === null || name === null) throw new ConsoleError("MESH_E_UNKNOWN_NAME", `${row.key} is not up yet`);
    const members = membersBeside(model, row);
    const asked = members.slice(0, MAX_ASKED);
    const by: api.SeenView["by"] = [];
    const unanswered: string[] = [];
    const queue = [...asked];
    const work = async () => {
      for (let member = queue.shift(); member !== undefined; member = queue.shift()) {
        const line = await ask(model, member, id, c.req.raw.signal);
        if (line === undefined) unanswered.push(member.name);
        else by.push(line);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
    by.sort((a, b) => a.observer.localeCompare(b.observer));
    return c.json({ name, members: members.length, asked: asked.length, by, unanswered: unanswered.sort() }, 200);
  });

  return routes;
}

interface Member {
  readonly id: string;
  readonly name: string;
}

/** The live members of its mesh without itself and without this console, in the order of their ids: the same ones each time. */
function membersBeside({ live, node }: ConsoleModel, row: NodeRow): Member[] {
  const members: Member[] = [];
  for (const { id, name, mesh, state } of live.rows())
    if (mesh === row.mesh && isLive(state) && id !== null && name !== null && id !== row.id && id !== node.id)
      members.push({ id, name });
  return members.sort((a, b) => a.id.localeCompare(b.id));
}

/** Undefined where it does not answer in time. */
async function ask(
  { node, live }: ConsoleModel,
  member: Member,
  id: string,
  signal: AbortSignal,
): Promise<api.SeenView["by"][number] | undefined> {
  try {
    const lines = await node.directoryOf(member.id, { timeoutMs: TIMEOUT_MS, signal });
    live.toldDirectory(member.id, lines);
    const line = lines.find((candidate) => candidate.id === id);
    return { observer: member.name, state: line?.state ?? "absent", stateAgeMs: line?.stateAgeMs ?? null };
  } catch {
    return undefined;
  }
}
