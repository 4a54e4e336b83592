import { afterEach, expect, test } from "vitest";
import { entryOf } from "../test/fake-node.js";
import { processOf } from "../test/fake-supervisor.js";
import { type Harness, startHarness } from "../test/harness.js";
import type { ClusterSummary } from "./api-types.js";

const broker = entryOf("mesh1", "broker", 2);

let harness: Harness;
afterEach(() => harness.console.close());

test("a read-only console shows everything, takes telemetry, and refuses each action before anything happens", async () => {
  harness = await startHarness({ readOnly: true });
  harness.node.join(broker);
  harness.supervisor.processes = [processOf({ id: broker.id, name: broker.name })];
  const node = `/api/nodes/${broker.name}`;
  const orders: [string, string, unknown?][] = [
    ["POST", "/api/nodes", { mesh: "mesh1", type: "broker", count: 1 }],
    ["DELETE", node],
    ...["kill", "restart", "freeze", "thaw"].map((action): [string, string] => ["POST", `${node}/${action}`]),
    ["POST", `${node}/profile`, { durationMs: 100 }],
    ["POST", "/api/send", { to: broker.name, operation: "note", oneWay: true }],
    ["POST", "/api/demo"],
    ["DELETE", "/api/demo"],
  ];
  for (const [method, path, body] of orders) {
    const response = await harness.post(path, body, method);
    expect([path, response.status, (await response.json()).code]).toEqual([path, 403, "MESH_E_READ_ONLY"]);
  }
  expect([harness.supervisor.orders, harness.supervisor.actions, harness.node.sent]).toEqual([[], [], []]);
  expect((await harness.get<ClusterSummary>("/api/cluster")).readOnly).toBe(true);
  await harness.sendSpans([]);
});

test("a console is not read-only by itself", async () => {
  harness = await startHarness();
  expect((await harness.get<ClusterSummary>("/api/cluster")).readOnly).toBe(false);
});
