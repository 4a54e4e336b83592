/** `/api/tests/*`: refused unless it was allowed, bounded in what it takes, and what the desk says passed on whole. */
import { afterEach, expect, test } from "vitest";
import { FakeTests, testRunOf } from "../test/fake-tests.js";
import { type Harness, openStream, startHarness } from "../test/harness.js";
import type { ClusterSummary, TestCardList, TestRunList } from "./api-types.js";
import * as schemas from "./test-schemas.js";

const ROUTES: readonly [method: string, path: string, body?: unknown][] = [
  ["GET", "/api/tests"],
  ["GET", "/api/tests/runs"],
  ["GET", "/api/tests/runs/1"],
  ["POST", "/api/tests/runs", { tests: ["unknown-tag"] }],
  ["DELETE", "/api/tests/runs/1"],
];

let harness: Harness;
afterEach(() => harness.console.close());

const codeOf = async (method: string, path: string, body?: unknown) => {
  const response = method === "GET" ? await harness.call(path) : await harness.post(path, body, method);
  return [path, response.status, (await response.json()).code];
};

test("without a desk every route refuses; a read-only console refuses with one", async () => {
  harness = await startHarness();
  for (const [method, path, body] of ROUTES)
    expect(await codeOf(method, path, body)).toEqual([path, 403, "MESH_E_NO_CHAOS"]);
  expect((await harness.get<ClusterSummary>("/api/cluster")).tests).toBeNull();
  await harness.console.close();
  const tests = new FakeTests();
  harness = await startHarness({ tests, readOnly: true });
  for (const [method, path, body] of ROUTES)
    expect(await codeOf(method, path, body)).toEqual([path, 403, "MESH_E_READ_ONLY"]);
  expect([tests.orders, tests.stopped]).toEqual([[], []]);
  expect((await harness.get<ClusterSummary>("/api/cluster")).tests).toBeNull();
});

test("what there is, runs and results are passed on whole", async () => {
  const tests = new FakeTests();
  const result = { name: "unknown-tag", outcome: "failed", detail: "", reasons: ["taken"], tookMs: 7 } as const;
  tests.held = [
    testRunOf(2),
    testRunOf(1, { state: "failed", tookMs: 9, current: null, results: [result], error: "SIGKILL" }),
  ];
  harness = await startHarness({ tests });
  expect(await harness.get<TestCardList>("/api/tests")).toEqual({ tests: tests.tests() });
  const { runs } = await harness.get<TestRunList>("/api/tests/runs");
  expect(runs).toEqual(tests.held);
  for (const run of runs) schemas.TestRun.parse(run);
  expect(await codeOf("GET", "/api/tests/runs/9")).toEqual(["/api/tests/runs/9", 404, "MESH_E_NO_SUCH_RUN"]);
});

test("a run is started as it was asked for, stopped by number, and refused where another is on or a test is unknown", async () => {
  const tests = new FakeTests();
  harness = await startHarness({ tests });
  expect((await harness.post("/api/tests/runs", { tests: ["unknown-tag"], seed: 3 })).status).toBe(201);
  expect((await harness.post("/api/tests/runs", {})).status).toBe(201);
  expect(tests.orders).toEqual([
    { names: ["unknown-tag"], seed: 3 },
    { names: [], seed: undefined },
  ]);
  const path = "/api/tests/runs";
  expect(await codeOf("POST", path, { tests: ["nonsense"] })).toEqual([path, 404, "MESH_E_NO_SUCH_TEST"]);
  for (const wrong of [{ tests: ["../x"] }, { tests: "all" }, { seed: -1 }, { other: 1 }])
    expect((await codeOf("POST", path, wrong))[1]).toBe(400);
  tests.busy = true;
  expect(await codeOf("POST", path, {})).toEqual([path, 409, "MESH_E_TESTS_BUSY"]);
  expect((await harness.post("/api/tests/runs/1", undefined, "DELETE")).status).toBe(200);
  expect(tests.stopped).toEqual([1]);
});

test("a change of the desk's runs is on the stream with the next summary", async () => {
  const tests = new FakeTests();
  harness = await startHarness({ tests });
  const stream = await openStream(harness);
  expect((await stream.next())?.data.cluster.tests).toEqual({ changes: 3 });
  tests.changed = 4;
  const startedMs = performance.now();
  const { data } = await stream.until((message) => message.data.cluster?.tests?.changes === 4);
  expect(data.cluster.tests).toEqual({ changes: 4 });
  // Summaries go out once a second, on the stream's ticks of 250 ms; the rest is the machine's.
  expect(performance.now() - startedMs).toBeLessThan(2_500);
  stream.close();
});
