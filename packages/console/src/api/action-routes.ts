/** What changes something: processes through the supervisor, messages through the console's node, demo traffic. Each is an event. */
import type { OpenAPIHono, z } from "@hono/zod-openapi";
import type { MeshNode } from "@meshwork/node";
import { ConsoleError } from "../errors.js";
import { isLive } from "../live/node-row.js";
import type { SendRequest, SendResult } from "../schemas.js";
import type { ActionOutcome, ProcessAction, SupervisedProcess, SupervisorClient } from "../supervisor-client.js";
import { partsOfName } from "../vocabulary.js";
import { type ApiContext, createRouter, rowOf } from "./context.js";
import * as endpoints from "./endpoints/actions.js";

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
    if (found.processGone || !isLive(found.state)) return undefined;
    throw new ConsoleError("MESH_E_NOT_SUPERVISED", name);
  };

  const act = async (name: string, process: SupervisedProcess, action: ProcessAction): Promise<ActionOutcome> => {
    const outcome = await supervisorOf().act(process.key, action);
    logged(action, name, `${action} of ${name}: ${outcome.result}`);
    return outcome;
  };

  routes.openapi(endpoints.spawn, async (c) => {
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

  routes.openapi(endpoints.remove, async (c) => {
    const ref = c.req.valid("param").name;
    const found = await processOf(ref);
    if (found === undefined)
      return c.json({ name: ref, action: "stop" as const, result: "already" as const, pid: null }, 200);
    const outcome = await act(found.name, found.process, "stop");
    return c.json({ name: found.name, action: "stop" as const, ...outcome }, 200);
  });

  const { kill, restart, freeze, thaw } = endpoints;
  const acting = { kill, restart, freeze, thaw };
  for (const action of ["kill", "restart", "freeze", "thaw"] as const)
    routes.openapi(acting[action], async (c) => {
      const ref = c.req.valid("param").name;
      const found = await processOf(ref);
      if (found === undefined) throw new ConsoleError("MESH_E_UNKNOWN_NAME", ref);
      const outcome = await act(found.name, found.process, action);
      return c.json({ name: found.name, action, ...outcome }, 200);
    });

  routes.openapi(endpoints.send, async (c) =>
    c.json(await sendMessage(model.node, c.req.valid("json"), c.req.raw.signal), 200),
  );

  routes.openapi(endpoints.demoStart, async (c) => {
    if (model.demo === undefined) throw new ConsoleError("MESH_E_NO_DEMO");
    await model.demo.start();
    logged("demo", null, "demo traffic started");
    return c.json({ running: model.demo.running() }, 200);
  });

  routes.openapi(endpoints.demoStop, async (c) => {
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
