/** What changes something: processes through the supervisor, messages through the console's node, demo traffic. Each is an event. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { MeshNode } from "@meshwork/node";
import { ConsoleError } from "../errors.js";
import { isLive } from "../live/node-row.js";
import { ActionResult, DemoResult, NodeRef, SendRequest, SendResult, SpawnRequest, SpawnResult } from "../schemas.js";
import type { ActionOutcome, ProcessAction, SupervisedProcess, SupervisorClient } from "../supervisor-client.js";
import { partsOfName } from "../vocabulary.js";
import {
  ANY_CONFLICT,
  type ApiContext,
  ASKING,
  createRouter,
  fails,
  json,
  NAMING,
  rowOf,
  SUPERVISED,
} from "./context.js";

const params = z.object({ name: NodeRef });
const body = <T extends z.ZodType>(schema: T) => ({
  required: true,
  content: { "application/json": { schema } },
});

/** What the launcher answers where a process is not in a state for it. A restart fails as a spawn does. */
const ACTING = [
  ...NAMING,
  "MESH_E_NOT_SUPERVISED",
  "MESH_E_NO_SUCH_NODE",
  "MESH_E_STOP_TIMEOUT",
  "MESH_E_SPAWN_FAILED",
  "MESH_E_BOOT_TIMEOUT",
  ANY_CONFLICT,
];

const spawn = createRoute({
  method: "post",
  path: "/api/nodes",
  request: { body: body(SpawnRequest) },
  responses: { 201: json(SpawnResult, "The nodes that came up") },
  // Where no node came up the answer is the first node's own error.
  ...fails(...SUPERVISED, "MESH_E_POOL_FULL", "MESH_E_SPAWN_FAILED", "MESH_E_BOOT_TIMEOUT", ANY_CONFLICT),
});

const remove = createRoute({
  method: "delete",
  path: "/api/nodes/{name}",
  request: { params },
  responses: { 200: json(ActionResult, "Stopped, or gone already") },
  ...fails(...SUPERVISED, ...ACTING),
});

const actions = ["kill", "restart", "freeze", "thaw"] as const;
const actionRoute = (action: (typeof actions)[number]) =>
  createRoute({
    method: "post",
    path: `/api/nodes/{name}/${action}`,
    request: { params },
    responses: { 200: json(ActionResult, `${action} done`) },
    ...fails(...SUPERVISED, ...ACTING),
  });

const send = createRoute({
  method: "post",
  path: "/api/send",
  request: { body: body(SendRequest) },
  responses: { 200: json(SendResult, "The reply, with path and round trip") },
  ...fails(...ASKING, "MESH_E_NO_CANDIDATE"),
});

const demoStart = createRoute({
  method: "post",
  path: "/api/demo",
  responses: { 200: json(DemoResult, "Demo traffic runs") },
  ...fails("MESH_E_NO_DEMO", ...SUPERVISED, ...ASKING),
});

const demoStop = createRoute({
  method: "delete",
  path: "/api/demo",
  responses: { 200: json(DemoResult, "Demo traffic is stopped") },
  ...fails("MESH_E_NO_DEMO", ...SUPERVISED, ...ASKING),
});

export function actionRoutes(context: ApiContext): OpenAPIHono {
  const { model } = context;
  const routes = createRouter();

  const supervisorOf = (): SupervisorClient => {
    if (context.supervisor === undefined) throw new ConsoleError("MESH_E_NO_LAUNCHER");
    return context.supervisor;
  };

  const logged = (kind: string, name: string | null, message: string) =>
    model.events.add({
      severity: "info",
      kind: `api.${kind}`,
      node: name,
      mesh: partsOfName(name)?.mesh ?? null,
      message,
    });

  /** The process behind a name; undefined where nothing of that name is known at all. */
  const processOf = async (ref: string): Promise<{ name: string; process: SupervisedProcess } | undefined> => {
    supervisorOf();
    if ((await model.live.processes()) === undefined) throw new ConsoleError("MESH_E_NO_LAUNCHER");
    model.live.sync();
    const { row, ambiguous } = model.live.find(ref);
    if (row === undefined && ambiguous === undefined) return undefined;
    const found = rowOf(model, ref);
    const name = found.name ?? found.key;
    if (found.process !== undefined) return { name, process: found.process };
    if (!isLive(found.state)) return undefined;
    throw new ConsoleError("MESH_E_NOT_SUPERVISED", name);
  };

  const act = async (name: string, process: SupervisedProcess, action: ProcessAction): Promise<ActionOutcome> => {
    const outcome = await supervisorOf().act(process.key, action);
    logged(action, name, `${action} of ${name}: ${outcome.result}`);
    return outcome;
  };

  routes.openapi(spawn, async (c) => {
    const { mesh, type, count, cpuBudgetCores, ramBudgetBytes } = c.req.valid("json");
    const { spawned, failed } = await supervisorOf().spawn({
      mesh,
      type,
      count,
      ...(cpuBudgetCores !== undefined && { cpuBudgetCores }),
      ...(ramBudgetBytes !== undefined && { ramBudgetBytes }),
    });
    const first = failed[0];
    if (spawned.length === 0 && first !== undefined)
      throw Object.assign(new Error(first.message), { code: first.code, hint: first.hint });
    logged("spawn", null, `spawned ${spawned.length} of ${count} × ${mesh}.${type}`);
    const views = spawned.map(({ key, pid, name, mesh, type }) => ({ key, pid, name, mesh, type }));
    return c.json({ spawned: views, failed: failed.map(({ code, message, hint }) => ({ code, message, hint })) }, 201);
  });

  routes.openapi(remove, async (c) => {
    const ref = c.req.valid("param").name;
    const found = await processOf(ref);
    if (found === undefined)
      return c.json({ name: ref, action: "stop" as const, result: "already" as const, pid: null }, 200);
    const outcome = await act(found.name, found.process, "stop");
    return c.json({ name: found.name, action: "stop" as const, ...outcome }, 200);
  });

  for (const action of actions)
    routes.openapi(actionRoute(action), async (c) => {
      const ref = c.req.valid("param").name;
      const found = await processOf(ref);
      if (found === undefined) throw new ConsoleError("MESH_E_UNKNOWN_NAME", ref);
      const outcome = await act(found.name, found.process, action);
      return c.json({ name: found.name, action, ...outcome }, 200);
    });

  routes.openapi(send, async (c) => c.json(await sendMessage(model.node, c.req.valid("json"), c.req.raw.signal), 200));

  routes.openapi(demoStart, async (c) => {
    if (model.demo === undefined) throw new ConsoleError("MESH_E_NO_DEMO");
    await model.demo.start();
    logged("demo", null, "demo traffic started");
    return c.json({ running: model.demo.running() }, 200);
  });

  routes.openapi(demoStop, async (c) => {
    if (model.demo === undefined) throw new ConsoleError("MESH_E_NO_DEMO");
    await model.demo.stop();
    logged("demo", null, "demo traffic stopped");
    return c.json({ running: model.demo.running() }, 200);
  });

  return routes;
}

async function sendMessage(
  node: MeshNode,
  order: z.output<typeof SendRequest>,
  signal: AbortSignal,
): Promise<z.output<typeof SendResult>> {
  const { to, operation, oneWay, timeoutMs } = order;
  const bytes: Uint8Array | string =
    order.dataBase64 === undefined ? (order.data ?? "") : Buffer.from(order.dataBase64, "base64");
  const target =
    typeof to === "string" ? to : { mesh: to.mesh, type: to.type, ...(to.pick !== undefined && { pick: to.pick }) };
  const blank = { replyBytes: null, replyBase64: null, replyText: null, roundTripMs: null, path: null, traceId: null };
  if (oneWay) {
    await node.send(target, operation, bytes, { timeoutMs, signal });
    const name = typeof to === "string" ? node.directory.resolve(to).name : null;
    return { ...blank, from: node.name, to: name, operation, oneWay };
  }
  const reply = await node.request(target, operation, bytes, { timeoutMs, signal });
  return {
    from: node.name,
    to: reply.from.name,
    operation,
    oneWay,
    replyBytes: reply.body.length,
    replyBase64: Buffer.from(reply.body).toString("base64"),
    replyText: textOf(reply.body),
    roundTripMs: reply.roundTripMs,
    path: reply.path ?? null,
    traceId: reply.traceId,
  };
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
