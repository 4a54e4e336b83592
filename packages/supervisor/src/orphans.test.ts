/** Whatever ends the launcher, nothing of it is left within 5 s: no process, frozen or deaf, no key on disk. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  createWorkbench,
  isRunning,
  type LauncherReport,
  runLauncher,
  until,
  type Workbench,
} from "../test/harness.js";
import { readProcess } from "./process-identity.js";

let bench: Workbench;
const started: ChildProcess[] = [];
const reports: LauncherReport[] = [];
beforeAll(() => {
  bench = createWorkbench();
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  for (const report of reports.splice(0)) {
    for (const pid of [...report.nodePids, report.consolePid, report.launcherPid])
      if (isRunning(pid)) process.kill(pid, 9);
  }
});
afterAll(() => bench.close());

async function launch(wrap: (node: string, args: string[]) => [string, string[]] = (node, args) => [node, args]) {
  const [command, args] = wrap(process.execPath, [bench.launcherEntry, bench.dir, bench.dataDir()]);
  const [child, report] = await runLauncher(command, args);
  started.push(child);
  reports.push(report);
  const pids = [report.launcherPid, report.watchdogPid, report.consolePid, ...report.nodePids];
  expect(pids.filter((pid) => !isRunning(pid))).toEqual([]);
  expect(existsSync(report.consoleFile) && existsSync(report.nodesDir)).toBe(true);
  return { child, report, pids };
}

const listDir = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);
const parentOf = (pid: number): number | undefined => readProcess(pid)?.parentPid;
/** One that is not the first. */
const watchdogOf = ({ launcherPid, watchdogPid }: LauncherReport): number | undefined =>
  readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .map((pid) => readProcess(Number(pid)))
    .find(
      (info) =>
        info?.alive &&
        info.pid !== watchdogPid &&
        info.parentPid === launcherPid &&
        info.command.includes("watchdog.mjs"),
    )?.pid;

const BOUND_MS = 5_000;
const noneLeft = (pids: readonly number[]) => () => pids.every((pid) => !isRunning(pid));

test("SIGKILL of the launcher", async () => {
  const { report, pids } = await launch();
  process.kill(report.launcherPid, "SIGKILL");
  const tookMs = await until(noneLeft(pids), BOUND_MS, "all processes gone");
  expect(tookMs).toBeLessThan(2_000);
  expect(existsSync(report.consoleFile)).toBe(false);
  // The directory of the nodes may stay, empty of keys.
  expect(listDir(report.nodesDir)).toEqual([]);
});

test("SIGTERM of the launcher: an orderly end, with nothing left", async () => {
  const { child, report, pids } = await launch();
  const exited = new Promise((resolve) => child.once("exit", resolve));
  process.kill(report.launcherPid, "SIGTERM");
  process.kill(report.launcherPid, "SIGINT");
  await until(noneLeft(pids), BOUND_MS, "all processes gone");
  expect(await exited).toBe(0);
  expect(existsSync(report.consoleFile) || existsSync(report.nodesDir)).toBe(false);
});

test("SIGKILL of the watchdog and, after another took over, of the launcher", async () => {
  const { report, pids } = await launch();
  process.kill(report.watchdogPid, "SIGKILL");
  let second: number | undefined;
  const another = () => {
    second = watchdogOf(report);
    return second !== undefined;
  };
  await until(another, 3_000, "a second watchdog");
  process.kill(report.launcherPid, "SIGKILL");
  await until(noneLeft([...pids, second!]), BOUND_MS, "all processes gone");
  expect(existsSync(report.consoleFile)).toBe(false);
});

test("SIGKILL of launcher and watchdog together: what runs ends by itself", async () => {
  const { report, pids } = await launch();
  // Stopped first, so that the launcher has no time to start another watchdog.
  process.kill(report.launcherPid, "SIGSTOP");
  process.kill(report.watchdogPid, "SIGKILL");
  process.kill(report.launcherPid, "SIGKILL");
  const running = pids.filter((pid) => pid !== report.frozenPid);
  await until(noneLeft(running), BOUND_MS, "all running processes gone");
});

test("SIGKILL of a process above the launcher, whose corpse nobody collects", async () => {
  // node -> node -> launcher; the middle one is killed, and the upper one never waits for it.
  const middle = "require('child_process').spawn(process.argv[1], process.argv.slice(2), { stdio: 'inherit' })";
  const { report, pids } = await launch((node, args) => [node, ["-e", middle, node, ...args]]);
  const middlePid = started.at(-1)!.pid!;
  expect(parentOf(report.launcherPid)).toBe(middlePid);
  process.kill(middlePid, "SIGKILL");
  await until(noneLeft(pids), BOUND_MS, "all processes gone");
  expect(existsSync(report.consoleFile)).toBe(false);
});

test("SIGKILL two levels above, through a shell that npm runs", async () => {
  const script = `"${process.execPath}" "$@"; exit $?`;
  const asNpm =
    "process.title='npm start';require('child_process').spawn('sh',['-c',...process.argv.slice(1)],{stdio:'inherit'})";
  const { report, pids } = await launch((node, args) => [node, ["-e", asNpm, script, "sh", ...args]]);
  const npmPid = started.at(-1)!.pid!;
  const shellPid = parentOf(report.launcherPid)!;
  expect(parentOf(shellPid)).toBe(npmPid);
  process.kill(npmPid, "SIGKILL");
  await until(noneLeft(pids), BOUND_MS, "all processes gone");
});

test("a shell that ends leaves its background job alone", async () => {
  const { child, report, pids } = await launch((node, args) => ["sh", ["-c", '"$@" & wait', "sh", node, ...args]]);
  expect(parentOf(report.launcherPid)).toBe(child.pid);
  child.kill("SIGKILL");
  await until(() => parentOf(report.launcherPid) !== child.pid, 2_000, "the launcher has another parent");
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(pids.filter((pid) => !isRunning(pid))).toEqual([]);
  process.kill(report.launcherPid, "SIGTERM");
  await until(noneLeft(pids), BOUND_MS, "all processes gone");
});

test("a process that got the pid of a dead one is not killed", async () => {
  const bystander = spawn(process.execPath, ["-e", "setInterval(()=>{},1e3)"], { stdio: "ignore" });
  started.push(bystander);
  const watchdog = spawn(process.execPath, [bench.options.watchdogEntry!], { stdio: ["pipe", "ignore", "ignore"] });
  const exited = new Promise((resolve) => watchdog.once("exit", resolve));
  watchdog.stdin!.write(
    `not json\n{"op":"process","pid":${bystander.pid},"start":"1"}\n{"op":"process","pid":1,"start":"1"}\n`,
  );
  watchdog.stdin!.end();
  expect(await exited).toBe(0);
  expect(isRunning(bystander.pid!)).toBe(true);
});
