/** A run that is interrupted undoes its fault and removes everything. (What a killed owner leaves: lab.test.ts.) */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { probeAbilities, readLedgers } from "meshwork/chaos";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isRunning, MESH_BIN, mesh, temporaryDirectory } from "../support/cluster.js";

const abilities = probeAbilities();
const running: ChildProcess[] = [];
beforeEach(({ skip }) => {
  if (!abilities.cuts.ok) skip(abilities.cuts.detail);
});
afterEach(async () => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
  await mesh(["chaos", "stop"]);
});

/** Until the fault is on. */
async function startRun() {
  const args = [
    MESH_BIN,
    "chaos",
    "run",
    "partition-pair",
    "--for",
    "10m",
    "--out",
    `${temporaryDirectory()}/report.json`,
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  await new Promise<void>((resolve) => {
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on("line", (line) => {
      if (line.includes("witnesses have")) resolve();
    });
  });
  const [lab] = readLedgers().filter(({ owner }) => owner?.pid === child.pid);
  if (lab === undefined) throw new Error("the run has no lab");
  return { exited, lab };
}

const namespaces = () => execFileSync("ip", ["netns", "list"], { encoding: "utf8" });

test("mesh chaos stop ends a run, which undoes its fault and fails", async () => {
  const { exited, lab } = await startRun();
  expect(namespaces()).toContain(`mwl${lab.id}`);
  const stopped = await mesh(["chaos", "stop", "--json"]);
  expect(JSON.parse(stopped.stdout)).toMatchObject({ left: [] });
  expect(stopped.code).toBe(0);
  expect(await exited).toBe(1);
  expect(namespaces()).not.toContain(`mwl${lab.id}`);
  expect(lab.processes.filter(({ pid }) => isRunning(pid))).toEqual([]);
});
