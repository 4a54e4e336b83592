import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProfileResult } from "@meshwork/console/api-types";
import { type CpuProfile, foldStacks, summarise } from "@meshwork/node/cpu-profile";
import { afterEach, expect, test } from "vitest";
import { type FakeConsole, fakeConsole, mesh } from "../testing/command.js";

const NAME = "mesh1.broker.239dc9";
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const recorded = new URL("../../../node/test/small.cpuprofile", import.meta.url);
const profile = JSON.parse(readFileSync(recorded, "utf8")) as CpuProfile;
const quiet: ProfileResult["quiet"] = {
  ...{ durationMs: 250, cpuMs: 25, connectionsOpened: 2 },
  threads: [
    { name: "node", role: "main", cpuMs: 15, wakeUps: 50 },
    { name: "tokio-rt", role: "other", cpuMs: 6, wakeUps: 10 },
    { name: "tokio-rt", role: "other", cpuMs: 4, wakeUps: 15 },
    { name: "asleep", role: "other", cpuMs: 0, wakeUps: 0 },
  ],
  frames: {
    gossip: { sent: 3, received: 4, sentBytes: 30, receivedBytes: 40 },
    sync: { sent: 0, received: 0, sentBytes: 0, receivedBytes: 0 },
  },
};
const result: ProfileResult = {
  ...{ node: NAME, process: { pid: 77, shared: false }, samplingIntervalUs: 1_000 },
  quiet,
  sampled: {
    ...{ ...quiet, cpuMs: 140, connectionsOpened: 1 },
    threads: [{ name: "v8:ProfEvntProc", role: "profiler", cpuMs: 9, wakeUps: 240 }],
  },
  ...{ summary: summarise(profile), unseenCpuShare: 0.45, profile },
};

async function consoleWith(answer: unknown): Promise<FakeConsole> {
  const console = await fakeConsole({ [`POST /api/nodes/${NAME}/profile`]: answer });
  cleanups.push(() => console.close());
  return console;
}

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), "meshwork-profile-"));
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("the summary: CPU with and without sampler, what the profile cannot see, functions, threads, connections", async () => {
  const console = await consoleWith(result);
  const { exitCode, out, err } = await mesh(["profile", NAME, "--seconds", "0.25", ...console.flags]);
  expect([exitCode, err]).toEqual([0, ""]);
  expect(console.requests.at(-1)?.body).toEqual({ durationMs: 250 });
  const line = (start: string) => out.split("\n").find((text) => text.startsWith(start)) ?? `no ${start} in\n${out}`;
  expect(line("profile of")).toBe(`profile of ${NAME} (pid 77)`);
  expect(line("without sampler")).toMatch(/ 10 % of a core \(25 ms\) in 250 ms$/);
  expect(line("while sampled")).toMatch(/ 56 % of a core \(140 ms\) in 250 ms, 9.00 ms of it the sampler's thread$/);
  expect(line("main thread")).toContain("JavaScript 111 ms, garbage collector 1.10 ms, native 1.42 ms, idle 137 ms");
  expect(line("not in the profile")).toContain(
    "45 % of the CPU: 5.00 % native code of the main thread, 40 % other threads",
  );
  expect(line("connections opened")).toMatch(/ 3 in 500 ms$/);
  expect(line("frames")).toMatch(/ gossip 6 sent, 8 received$/);
  expect(line("multiply")).toMatch(/^multiply +102 ms +90 % +102 ms +prof\/burn\.mjs:3$/);
  expect(line("node (main)")).toMatch(/^node \(main\) +1 +15 ms +6\.00 % +200\.0$/);
  expect(line("tokio-rt")).toMatch(/^tokio-rt +2 +10 ms +4\.00 % +100\.0$/);
  expect(out).not.toContain("asleep");
});

test("of a shared process, and of a platform that tells nothing of threads, it says so", async () => {
  const process = { pid: 77, shared: true };
  const nothing = { ...result.quiet, threads: null };
  const console = await consoleWith({ ...result, process, quiet: nothing, sampled: nothing, unseenCpuShare: 0.2 });
  const { out } = await mesh(["profile", NAME, ...console.flags]);
  expect(console.requests.at(-1)?.body).toEqual({ durationMs: 10_000 });
  expect(out).toContain("the process holds several nodes");
  expect(out).toContain("threads: not known on this platform");
  expect(out).toMatch(/^not in the profile +20 % of the CPU$/m);
});

test("the profile goes into a file, folded where that is asked; folded alone goes to standard output", async () => {
  const console = await consoleWith(result);
  const cwd = directory();
  const written = await mesh(["profile", NAME, "--out", "a.cpuprofile", ...console.flags], { cwd });
  expect(written).toMatchObject({ exitCode: 0, err: `wrote ${join(cwd, "a.cpuprofile")}\n` });
  expect(written.out).toContain("multiply");
  expect(JSON.parse(readFileSync(join(cwd, "a.cpuprofile"), "utf8"))).toEqual(profile);
  await mesh(["profile", NAME, "--folded", "--out", "a.folded", ...console.flags], { cwd });
  expect(readFileSync(join(cwd, "a.folded"), "utf8")).toBe(foldStacks(profile));
  expect((await mesh(["profile", NAME, "--folded", ...console.flags])).out).toBe(foldStacks(profile));
  expect(JSON.parse((await mesh(["profile", NAME, "--json", ...console.flags])).out)).toEqual(result);
});

test("progress while waiting, on a terminal alone", async () => {
  const console = await consoleWith(result);
  const { out, err } = await mesh(["profile", NAME, "--seconds", "10", ...console.flags], { interactive: true });
  expect(err).toContain(`profiling ${NAME}: `);
  expect(err).toContain(" of 20.0 s");
  expect(err.endsWith("\r\u001b[2K")).toBe(true);
  expect(out).not.toContain("profiling");
});

test("an order that cannot be carried out is told before it is sent, the node's refusal with its code", async () => {
  const refusal = { code: "MESH_E_OVERLOADED", message: "the process was profiled just now", hint: "slow down" };
  const console = await consoleWith([503, refusal]);
  for (const bad of [
    ["--seconds", "0"],
    ["--seconds", "61"],
    ["--out", "none/a"],
    ["--json", "--folded"],
  ]) {
    const { exitCode, err } = await mesh(["profile", NAME, ...bad, ...console.flags]);
    expect([bad, exitCode]).toEqual([bad, 2]);
    expect(err).toContain("MESH_E_USAGE");
  }
  expect(console.requests).toEqual([]);
  const refused = await mesh(["profile", NAME, ...console.flags]);
  expect(refused.exitCode).toBe(1);
  expect(refused.err).toBe("error MESH_E_OVERLOADED: the process was profiled just now\nhint: slow down\n");
});
