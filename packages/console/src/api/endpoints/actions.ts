/** What changes something: processes through the supervisor, messages through the console's node, demo traffic; and profiles. */
import { createRoute, z } from "@hono/zod-openapi";
import { ProfileRequest, ProfileResult } from "../../profile-schemas.js";
import {
  ActionResult,
  DemoResult,
  NodeRef,
  SendRequest,
  SendResult,
  SpawnRequest,
  SpawnResult,
} from "../../schemas.js";
import { ANY_CONFLICT, ASKING, body, fails, json, NAMING, SUPERVISED } from "./parts.js";

const params = z.object({ name: NodeRef });
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

export const spawn = createRoute({
  method: "post",
  path: "/api/nodes",
  request: { body: body(SpawnRequest) },
  responses: { 201: json(SpawnResult, "The nodes that came up") },
  // Where no node came up the answer is the first node's own error.
  ...fails(...SUPERVISED, "MESH_E_POOL_FULL", "MESH_E_SPAWN_FAILED", "MESH_E_BOOT_TIMEOUT", ANY_CONFLICT),
});

export const remove = createRoute({
  method: "delete",
  path: "/api/nodes/{name}",
  request: { params },
  responses: { 200: json(ActionResult, "Stopped, or gone already") },
  ...fails(...SUPERVISED, ...ACTING),
});

/** `action` is the path's last part. */
const acting = <A extends string>(action: A) =>
  createRoute({
    method: "post",
    path: `/api/nodes/{name}/${action}` as const,
    request: { params },
    responses: { 200: json(ActionResult, `${action} done`) },
    ...fails(...SUPERVISED, ...ACTING),
  });

export const kill = acting("kill");
export const restart = acting("restart");
export const freeze = acting("freeze");
export const thaw = acting("thaw");

export const send = createRoute({
  method: "post",
  path: "/api/send",
  request: { body: body(SendRequest) },
  responses: { 200: json(SendResult, "The reply, with path and round trip") },
  ...fails(...ASKING, "MESH_E_NO_CANDIDATE"),
});

export const demoStart = createRoute({
  method: "post",
  path: "/api/demo",
  responses: { 200: json(DemoResult, "Demo traffic runs") },
  ...fails("MESH_E_NO_DEMO", ...SUPERVISED, ...ASKING),
});

export const demoStop = createRoute({
  method: "delete",
  path: "/api/demo",
  responses: { 200: json(DemoResult, "Demo traffic is stopped") },
  ...fails("MESH_E_NO_DEMO", ...SUPERVISED, ...ASKING),
});

export const profile = createRoute({
  method: "post",
  path: "/api/nodes/{name}/profile",
  description: "Answers when the profile is taken. One at a time in a process, and a pause after each.",
  request: {
    params,
    body: body(ProfileRequest),
  },
  responses: { 200: json(ProfileResult, "The profile, and what each thread of the process used") },
  ...fails(...ASKING, "MESH_E_PROFILES_BUSY"),
});
