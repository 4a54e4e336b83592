import { readFileSync } from "node:fs";
import type { NodeProfile } from "@meshwork/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { entryOf } from "../test/fake-node.js";
import { type Harness, startHarness } from "../test/harness.js";
import type { EventList, ProfileResult } from "./api-types.js";
import * as profiles from "./profile-schemas.js";

const recorded = new URL("../../node/test/small.cpuprofile", import.meta.url);
const broker = entryOf("mesh1", "broker", 2);
const window: NodeProfile["quiet"] = {
  ...{ durationMs: 250, cpuMs: 12.5, connectionsOpened: 0 },
  threads: [{ name: "node", role: "main", cpuMs: 12, wakeUps: 31 }],
  frames: { gossip: { sent: 1, received: 2, sentBytes: 30, receivedBytes: 40 } },
};
const taken: NodeProfile = {
  ...{ node: broker.name, process: { pid: 7, shared: false }, samplingIntervalUs: 1_000 },
  ...{ quiet: window, sampled: { ...window, threads: null } },
  profile: JSON.parse(readFileSync(recorded, "utf8")) as NodeProfile["profile"],
};

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
  harness.node.join(broker);
});
afterEach(() => harness.console.close());

const path = (name: string) => `/api/nodes/${name}/profile`;

test("a profile is asked over the mesh, summed up, and an event", async () => {
  harness.node.profile = taken;
  const response = await harness.post(path("mesh1.bro"), { durationMs: 250 });
  expect(response.status).toBe(200);
  const result = profiles.ProfileResult.parse(await response.json()) satisfies ProfileResult;
  expect(result).toMatchObject({ ...taken, summary: { samples: 220 } });
  expect(result.summary.functions[0]?.name).toBe("multiply");
  expect(result.unseenCpuShare).toBe(0);
  expect(harness.node.profiled).toMatchObject([{ target: broker.id, durationMs: 250 }]);
  await harness.post(path(broker.name), {});
  expect(harness.node.profiled[1]?.durationMs).toBe(10_000);
  const { events } = await harness.get<EventList>("/api/events?limit=1");
  expect(events).toMatchObject([{ kind: "api.profile", node: broker.name }]);
});

test("the order is validated strictly, and names a node that there is", async () => {
  harness.node.profile = taken;
  for (const body of [{ durationMs: 99 }, { durationMs: 60_001 }, { durationMs: 500.5 }, { seconds: 5 }, [], "x"]) {
    const response = await harness.post(path(broker.name), body);
    expect([body, response.status, (await response.json()).code]).toEqual([body, 400, "MESH_E_INVALID_INPUT"]);
  }
  const { message } = await (await harness.post(path(broker.name), { seconds: 5 })).json();
  expect(message).toContain('"seconds"');
  expect((await harness.post(path("mesh9.none"), {})).status).toBe(404);
  expect((await harness.call(path(broker.name))).status).toBe(405);
  expect(harness.node.profiled).toEqual([]);
});

test.each([
  ["MESH_E_OVERLOADED", 503],
  ["MESH_E_REFUSED", 502],
  ["MESH_E_HANDLER_FAILED", 502],
  ["MESH_E_TIMEOUT", 504],
])("the node's %s is passed on as %i", async (code, status) => {
  harness.node.profile = Object.assign(new Error("no"), { code, hint: "why" });
  const response = await harness.post(path(broker.name), {});
  expect([response.status, await response.json()]).toEqual([status, { code, message: "no", hint: "why" }]);
});

test("a caller that goes away ends the profile, and only four are under way at once", async () => {
  const signals: AbortSignal[] = [];
  harness.node.profileOf = (_target, { signal }) =>
    new Promise((_resolve, reject) => {
      if (signal === undefined) throw new Error("no signal");
      signals.push(signal);
      signal.addEventListener("abort", () => reject(Object.assign(new Error("gone"), { code: "MESH_E_CANCELLED" })));
    });
  const controller = new AbortController();
  const calls = Array.from({ length: 4 }, () =>
    harness
      .call(path(broker.name), {
        ...{ method: "POST", body: "{}", signal: controller.signal },
        headers: { "content-type": "application/json" },
      })
      .catch((error: Error) => error.name),
  );
  await expect.poll(() => signals.length).toBe(4);
  const fifth = await harness.post(path(broker.name), {});
  expect([fifth.status, (await fifth.json()).code]).toEqual([503, "MESH_E_PROFILES_BUSY"]);
  controller.abort();
  expect(await Promise.all(calls)).toEqual(Array(4).fill("AbortError"));
  await expect.poll(() => signals.every((signal) => signal.aborted)).toBe(true);
});

test("the document describes the endpoint", async () => {
  const document = await harness.get<{ paths: Record<string, Record<string, unknown>> }>("/api/openapi.json");
  expect(document.paths["/api/nodes/{name}/profile"]?.post).toMatchObject({
    requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/ProfileRequest" } } } },
  });
});
