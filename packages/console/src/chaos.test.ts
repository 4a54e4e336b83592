/** `/api/chaos/*`: refused unless it was allowed, bounded in what it takes, and what the desk says passed on whole. */
import { afterEach, expect, test } from "vitest";
import { FakeChaos, runOf } from "../test/fake-chaos.js";
import { type Harness, startHarness } from "../test/harness.js";
import type { ChaosRunList, ClusterSummary, EventList } from "./api-types.js";
import * as schemas from "./chaos-schemas.js";

const ROUTES: readonly [method: string, path: string, body?: unknown][] = [
  ["GET", "/api/chaos/faults"],
  ["GET", "/api/chaos/runs"],
  ["GET", "/api/chaos/runs/1"],
  ["POST", "/api/chaos/runs", { specs: [{ action: "kill-node" }] }],
  ["POST", "/api/chaos/runs/1/revert"],
  ["DELETE", "/api/chaos/runs/1"],
];

let harness: Harness;
afterEach(() => harness.console.close());

const codeOf = async (method: string, path: string, body?: unknown) => {
  const response = method === "GET" ? await harness.call(path) : await harness.post(path, body, method);
  return [path, response.status, (await response.json()).code];
};

test("without a desk every route refuses, and says what would allow it", async () => {
  harness = await startHarness();
  for (const [method, path, body] of ROUTES)
    expect(await codeOf(method, path, body)).toEqual([path, 403, "MESH_E_NO_CHAOS"]);
  expect((await harness.get<ClusterSummary>("/api/cluster")).chaos).toBeNull();
});

test("a read-only console refuses all of it, desk or not", async () => {
  const chaos = new FakeChaos();
  harness = await startHarness({ chaos, readOnly: true });
  for (const [method, path, body] of ROUTES)
    expect(await codeOf(method, path, body)).toEqual([path, 403, "MESH_E_READ_ONLY"]);
  expect([chaos.orders, chaos.reverted, chaos.stopped]).toEqual([[], [], []]);
  expect((await harness.get<ClusterSummary>("/api/cluster")).chaos).toBeNull();
});

test("a run is started as it was asked for, with what was left out filled in", async () => {
  const chaos = new FakeChaos();
  harness = await startHarness({ chaos });
  const answer = await harness.post("/api/chaos/runs", { specs: [{ action: "kill-node" }, { action: "wedge-node" }] });
  expect(answer.status).toBe(201);
  schemas.ChaosRun.parse(await answer.json());
  const schedule = { everyMs: 60_000, rounds: 3 };
  const spec = { action: "kill-node", selector: "broker", durationMs: 0, schedule };
  expect((await harness.post("/api/chaos/runs", { specs: [spec], seed: 7, blind: true })).status).toBe(201);
  const duration = 5_000;
  expect(chaos.orders).toEqual([
    {
      ...{ seed: undefined, blind: false },
      specs: [
        { action: "kill-node", duration },
        { action: "wedge-node", duration },
      ],
    },
    {
      ...{ seed: 7, blind: true },
      specs: [{ action: "kill-node", selector: "broker", duration: 0, schedule: { every: 60_000, rounds: 3 } }],
    },
  ]);
});

test("what is not valid, unknown or too much is refused before the desk hears of it", async () => {
  const chaos = new FakeChaos();
  harness = await startHarness({ chaos });
  const kill = { action: "kill-node" };
  const many = { ...kill, schedule: { everyMs: 1_000, rounds: 100 } };
  const invalid = [
    ...[{}, { specs: [] }, { specs: Array.from({ length: 33 }, () => kill) }, { specs: [kill], colour: "red" }],
    ...[{ specs: [kill], seed: 2 ** 32 }, { specs: [many, many, kill] }],
    ...[
      ...[{ action: "Kill" }, { durationMs: -1 }, { durationMs: 600_001 }, { selector: "" }, { selector: "../x" }],
      ...[{ colour: "red" }, { schedule: { everyMs: 10, rounds: 2 } }, { schedule: { everyMs: 1_000, rounds: 101 } }],
    ].map((wrong) => ({ specs: [{ ...kill, ...wrong }] })),
  ];
  for (const body of invalid)
    expect([JSON.stringify(body), ...(await codeOf("POST", "/api/chaos/runs", body)).slice(1)]).toEqual([
      ...[JSON.stringify(body), 400, "MESH_E_INVALID_INPUT"],
    ]);
  const start = (spec: object) => codeOf("POST", "/api/chaos/runs", { specs: [kill, { ...kill, ...spec }] });
  expect((await start({ selector: "mesh1.console.aaaaaa" })).slice(1)).toEqual([404, "MESH_E_UNKNOWN_NAME"]);
  expect((await start({ action: "nonsense" })).slice(1)).toEqual([404, "MESH_E_NO_SUCH_FAULT"]);
  chaos.busy = true;
  expect((await start({})).slice(1)).toEqual([409, "MESH_E_CHAOS_BUSY"]);
  expect(chaos.orders).toEqual([]);
  for (const [method, path] of [...ROUTES.slice(2, 3), ...ROUTES.slice(4)])
    expect((await codeOf(method, path.replace("/1", "/9"))).slice(1)).toEqual([404, "MESH_E_NO_SUCH_RUN"]);
});

test("runs come with their verdicts, unknowns as null; revert and stop reach the desk", async () => {
  const chaos = new FakeChaos();
  const witnesses = [{ name: "mesh1.broker.bbbbbb", waitedMs: 3_800 }];
  chaos.held = [
    runOf(2, {
      current: {
        ...{
          fault: "burst-kill",
          round: 1,
          rounds: 1,
          phase: "watching",
          targets: ["mesh1.broker.cccccc"],
          elapsedMs: 900,
          withinMs: 5_000,
        },
        ...{ witnesses: 3, known: [{ name: "mesh1.broker.dddddd", waitedMs: null }] },
      },
      verdicts: [
        {
          ...{ fault: "kill-node", outcome: "passed", reasons: [], expects: "it is gone" },
          ...{ targets: ["mesh1.broker.aaaaaa"], witnesses, reverted: true, healedMs: 200 },
        },
        { fault: "slow-link", outcome: "skipped", reasons: ["it needs the lab"], expects: "late", targets: [] },
      ],
    }),
    runOf(1),
  ];
  chaos.acting = 1;
  harness = await startHarness({ chaos });
  const { runs } = schemas.ChaosRunList.parse(await harness.get<ChaosRunList>("/api/chaos/runs"));
  expect(runs.map(({ id }) => id)).toEqual([2, 1]);
  expect(runs[0]?.verdicts[0]).toMatchObject({ witnesses, reverted: true, waitedMs: null, notes: null });
  expect(runs[0]?.verdicts[1]).toMatchObject({ outcome: "skipped", witnesses: [], reverted: null });
  expect(schemas.ChaosRun.parse(await harness.get("/api/chaos/runs/2"))).toEqual(runs[0]);
  expect((await harness.get<ClusterSummary>("/api/cluster")).chaos).toEqual({ running: 1, changes: 7 });
  expect((await harness.post("/api/chaos/runs/2/revert")).status).toBe(200);
  expect((await harness.post("/api/chaos/runs/2", undefined, "DELETE")).status).toBe(200);
  expect([chaos.reverted, chaos.stopped]).toEqual([[2], [2]]);
});

test("what the desk tells is an event", async () => {
  const chaos = new FakeChaos();
  harness = await startHarness({ chaos });
  const node = "mesh1.broker.aaaaaa";
  const told = { severity: "warn" as const, kind: "chaos.injected", node, mesh: "mesh1", message: "kill-node" };
  chaos.tell(told);
  const { events } = await harness.get<EventList>("/api/events");
  expect(events.find(({ kind }) => kind === "chaos.injected")).toMatchObject(told);
});
