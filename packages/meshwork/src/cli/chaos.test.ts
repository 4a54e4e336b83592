/** `mesh chaos … --attach` against a stand-in console: what it asks for, what it prints, how it exits. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakeConsole, fakeConsole, mesh } from "../testing/command.js";

const verdict = (fault: string, outcome: string, reasons: readonly string[] = []) => ({
  ...{ fault, outcome, reasons, expects: "it is gone", targets: ["mesh1.broker.aaaaaa"], withinMs: 5_000 },
  ...{
    witnesses: [{ name: "mesh1.broker.bbbbbb", waitedMs: 3_800 }],
    waitedMs: { p50: 3_800, p99: 3_800, max: 3_800 },
  },
  ...{ reverted: true, healedMs: 200, notes: null, tookMs: 9_000, loadPerCore: 1 },
});
const run = (changes: object) => ({
  ...{ id: 3, state: "running", specs: [], total: 1, seed: 7, blind: false, ageMs: 1, tookMs: null, current: null },
  ...{ verdicts: [], counts: { passed: 0, failed: 0, skipped: 0 }, error: null },
  ...changes,
});
const over = (...verdicts: object[]) => run({ state: "done", tookMs: 9_000, verdicts });

let directory: string;
let fake: FakeConsole | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "meshwork-chaos-cli-"));
});
afterEach(async () => {
  await fake?.close();
  fake = undefined;
  rmSync(directory, { recursive: true, force: true });
});

async function attached(answer: object, ...args: string[]) {
  fake = await fakeConsole({
    "POST /api/chaos/runs": [201, run({})],
    "GET /api/cluster": { live: 19 },
    "GET /api/chaos/runs/3": answer,
    "GET /api/chaos/runs": { runs: [run({}), over()] },
    "DELETE /api/chaos/runs/3": run({ state: "stopped", tookMs: 10 }),
  });
  return mesh(["chaos", ...args, "--attach", `${fake.url}/#token=${fake.token}`], { cwd: directory });
}

test("faults, target and time become specs; the verdicts are printed, reported and counted", async () => {
  const answer = over(verdict("kill-node", "passed"), verdict("nat-shift", "skipped", ["it needs the lab"]));
  const args = ["run", "kill-node", "nat-shift", "--target", "broker", "--for", "2s", "--seed", "7"];
  const { exitCode, out } = await attached(answer, ...args);
  expect(out.split("\n")).toEqual([
    "passed kill-node: known after 3.8 s (p50), 3.8 s at most; whole again 200 ms after",
    "SKIPPED nat-shift: it needs the lab",
    "1 passed, 0 failed, 1 skipped",
    "",
  ]);
  expect(exitCode).toBe(0);
  const spec = { selector: "broker", durationMs: 2_000 };
  expect(fake?.requests[0]).toMatchObject({
    method: "POST",
    body: { specs: ["kill-node", "nat-shift"].map((action) => ({ action, ...spec })), seed: 7 },
  });
  const report = JSON.parse(readFileSync(join(directory, "out/chaos/report.json"), "utf8"));
  expect(report).toMatchObject({ seed: 7, nodes: 19, passed: 1, skipped: 1, verdicts: [{ fault: "kill-node" }, {}] });
});

test("strict wants nothing skipped, and a failure is one", async () => {
  const skipped = over(verdict("nat-shift", "skipped", ["it needs the lab"]));
  expect((await attached(skipped, "run", "nat-shift", "--strict")).exitCode).toBe(1);
  await fake?.close();
  const failed = over(verdict("kill-node", "failed", ["not known within 5 s to mesh1.broker.bbbbbb"]));
  const { exitCode, out } = await attached(failed, "run", "kill-node", "--json");
  const lines = out.trim().split("\n");
  expect(exitCode).toBe(1);
  expect(JSON.parse(lines.at(-1) ?? "")).toEqual({ event: "summary", passed: 0, failed: 1, skipped: 0 });
});

test("a run that could not go on is an error with its own code", async () => {
  const error = { code: "MESH_E_AGENT", message: "it does not listen" };
  const { exitCode, err } = await attached(run({ state: "failed", tookMs: 5, error }), "run", "kill-node");
  expect([exitCode, err]).toEqual([1, expect.stringContaining("error MESH_E_AGENT: it does not listen")]);
});

test("interrupted, it stops the run at the console and fails", async () => {
  const stop = new AbortController();
  fake = await fakeConsole({
    "POST /api/chaos/runs": [201, run({})],
    "GET /api/cluster": { live: 19 },
    "DELETE /api/chaos/runs/3": run({
      state: "stopped",
      tookMs: 10,
      verdicts: [verdict("kill-node", "failed", ["interrupted"])],
    }),
  });
  stop.abort();
  const flags = ["--attach", `${fake.url}/#token=${fake.token}`];
  const { exitCode, out } = await mesh(["chaos", "run", "kill-node", ...flags], {
    ...{ cwd: directory, untilInterrupted: () => stop.signal },
  });
  expect(fake.requests.map(({ method, path }) => `${method} ${path}`)).toContain("DELETE /api/chaos/runs/3");
  expect([exitCode, out]).toEqual([1, expect.stringContaining("FAILED kill-node: interrupted")]);
});

test("a spec is planned before anything is asked for", async () => {
  const path = join(directory, "spec.json");
  const schedule = { every: "1m", rounds: 3 };
  writeFileSync(path, JSON.stringify([{ action: "kill-node", selector: { mesh: "mesh1" }, duration: "1s", schedule }]));
  expect((await attached(over(), "run", "--spec", path)).out).toBe("0 passed, 0 failed\n");
  expect(fake?.requests[0]?.body).toEqual({
    specs: [{ action: "kill-node", selector: "mesh1.", durationMs: 1_000, schedule: { everyMs: 60_000, rounds: 3 } }],
  });
  await fake?.close();
  writeFileSync(path, JSON.stringify({ action: "kill-node", target: "broker" }));
  const { exitCode, err } = await attached(over(), "run", "--spec", path);
  expect([exitCode, err]).toEqual([1, expect.stringContaining("a spec has no target")]);
  expect(fake?.requests).toEqual([]);
});

test("stop ends what is not over; nothing else is asked of the console", async () => {
  const { exitCode, out } = await attached({}, "stop");
  expect([exitCode, out]).toEqual([0, "stopped 1\n"]);
  expect(fake?.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "GET /api/chaos/runs",
    "DELETE /api/chaos/runs/3",
  ]);
});

test.each([
  [["run"], "name faults"],
  [["run", "kill-node", "--all"], "name faults"],
  [["run", "--spec", "x.json", "--target", "broker"], "no --target"],
  [["run", "--spec", "x.json"], "x.json"],
  [["run", "kill-node", "--no-lab", "--attach", "http://127.0.0.1:1/#token=x"], "--no-lab"],
  [["run", "kill-node", "--attach", "http://127.0.0.1:1"], "token"],
])("mesh chaos %j is not understood", async (args, said) => {
  const { exitCode, err } = await mesh(["chaos", ...args], { cwd: directory });
  expect([exitCode, err]).toEqual([2, expect.stringContaining(said)]);
});

test("a directory without a console is no console", async () => {
  const { exitCode, err } = await mesh(["chaos", "run", "kill-node", "--attach", "nowhere"], { cwd: directory });
  expect([exitCode, err]).toEqual([3, expect.stringContaining("MESH_E_NO_CONSOLE")]);
});
