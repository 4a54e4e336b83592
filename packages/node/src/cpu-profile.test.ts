import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  CPU_PROFILE_LIMITS,
  type CpuProfile,
  foldStacks,
  profileFault,
  summarise,
  unseenCpuShare,
} from "./cpu-profile.js";

/** 258 ms of a process that calls `work` every 10 ms, which burns CPU in `multiply` below four calls of `descend`. */
const recorded: CpuProfile = JSON.parse(
  readFileSync(new URL("../test/small.cpuprofile", import.meta.url), "utf8"),
) as CpuProfile;

type Tree = readonly [name: string, ...children: Tree[]];

/** Call sites numbered from 1 in the order they are written; a sample of 1,000 µs for each number in `samples`. */
function profileOf(tree: Tree, samples: readonly number[], urls: Readonly<Record<string, string>> = {}): CpuProfile {
  const nodes: CpuProfile["nodes"][number][] = [];
  const add = ([functionName, ...children]: Tree): number => {
    const id = nodes.length + 1;
    const frame = { functionName, scriptId: "1", url: urls[functionName] ?? "", lineNumber: 0, columnNumber: 0 };
    const ids: number[] = [];
    nodes.push({ id, callFrame: frame, hitCount: 0, children: ids });
    for (const child of children) ids.push(add(child));
    return id;
  };
  add(tree);
  const endTime = samples.length * 1_000;
  return { nodes, startTime: 0, endTime, samples, timeDeltas: samples.map((_, index) => (index === 0 ? 0 : 1_000)) };
}

test("a recorded profile: the function that burns is on top, the calls around it carry its time as total", () => {
  expect(profileFault(recorded)).toBeUndefined();
  const summary = summarise(recorded);
  expect(summary).toMatchObject({ samples: 220, durationMs: expect.closeTo(258.5, 1) });
  const [first] = summary.functions;
  expect(first).toMatchObject({ name: "multiply", location: "prof/burn.mjs:3", selfMs: expect.closeTo(102.4, 1) });
  const work = summary.functions.find(({ name }) => name === "work");
  expect(work?.selfMs).toBe(0);
  expect(work?.totalMs).toBeGreaterThan(first?.selfMs ?? 0);
  const { jsMs, gcMs, programMs, idleMs, profilerMs, durationMs } = summary;
  const named = jsMs + gcMs + programMs + idleMs + profilerMs;
  expect(named).toBeGreaterThan(0.95 * durationMs);
  expect(named).toBeLessThanOrEqual(durationMs);
  expect(profilerMs).toBeGreaterThan(0);
});

test("a recorded profile folds to stacks that begin outermost and add up to the time that was not idle", () => {
  const lines = foldStacks(recorded).trimEnd().split("\n");
  expect(lines[0]).toMatch(/;work prof\/burn\.mjs:5;(descend prof\/burn\.mjs:4;){4}multiply prof\/burn\.mjs:3 102427$/);
  const totalUs = lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  const { jsMs, gcMs, programMs } = summarise(recorded);
  expect(totalUs / 1_000).toBeCloseTo(jsMs + gcMs + programMs, 1);
  expect(lines.some((line) => line.includes("(idle)") || line.includes("node:inspector"))).toBe(false);
});

test("what a profile cannot see: CPU of the process beyond its JavaScript", () => {
  const summary = { jsMs: 40, gcMs: 10, durationMs: 2_000 };
  expect(unseenCpuShare({ cpuMs: 100, durationMs: 1_000 }, summary)).toBe(0.75);
  expect(unseenCpuShare({ cpuMs: 100, durationMs: 1_000 }, { ...summary, jsMs: 0, gcMs: 0 })).toBe(1);
  expect(unseenCpuShare({ cpuMs: 10, durationMs: 1_000 }, summary)).toBe(0);
  expect(unseenCpuShare({ cpuMs: 0, durationMs: 1_000 }, summary)).toBeNull();
});

test("recursion counts once towards the total of a function", () => {
  const { functions } = summarise(profileOf(["(root)", ["a", ["b", ["a", ["b"]]]]], [5, 5, 3]));
  expect(functions).toEqual([
    { name: "b", location: "", selfMs: 3, totalMs: 3 },
    { name: "a", location: "", selfMs: 0, totalMs: 3 },
  ]);
});

test("what V8 stands for, and the profiler itself, are told apart from functions", () => {
  const tree: Tree = [
    "(root)",
    ["(idle)"],
    ["(program)"],
    ["(garbage collector)"],
    ["post", ["dispatch"]],
    ["own"],
    ["readProfileCounters", ["read"]],
  ];
  const profile = profileOf(tree, [2, 2, 2, 3, 4, 6, 9, 7], { post: "node:inspector" });
  expect(summarise(profile)).toMatchObject({ idleMs: 3, programMs: 1, gcMs: 1, profilerMs: 2, jsMs: 1 });
  expect(summarise(profile).functions.map(({ name }) => name)).toEqual(["own"]);
  expect(foldStacks(profile)).toBe("(garbage collector) 1000\n(program) 1000\nown 1000\n");
});

test("where a function is: without the directories of the machine, and nothing that breaks a folded line", () => {
  const urls = {
    own: "file:///home/somebody/app/dist/chunks/boot.js",
    lib: "file:///home/somebody/app/node_modules/hono/dist/app.js",
    core: "node:internal/timers",
    "a;b\nc": "",
  };
  const profile = profileOf(["(root)", ["own", ["lib", ["core", ["a;b\nc", [""]]]]]], [6], urls);
  expect(foldStacks(profile)).toBe(
    "own chunks/boot.js:1;lib hono/dist/app.js:1;core node:internal/timers:1;a:b:c;(native) 1000\n",
  );
});

test("a sample that was dated too early takes back what the one before got too much", () => {
  const profile = { ...profileOf(["(root)", ["a"], ["b"]], [2, 3, 2]), timeDeltas: [0, 1_500, -500], endTime: 3_000 };
  expect(summarise(profile).functions.map(({ name, selfMs }) => [name, selfMs])).toEqual([
    ["a", 3.5],
    ["b", -0.5],
  ]);
});

test("call sites that loop, are shared, missing or too deep neither hang nor count twice", () => {
  const frame = { functionName: "f", scriptId: "0", url: "", lineNumber: 0, columnNumber: 0 };
  const site = (id: number, children: number[]) => ({ id, callFrame: frame, hitCount: 0, children });
  const looping = {
    ...{ startTime: 0, endTime: 3_000, samples: [2, 3, 9], timeDeltas: [0, 1_000, 1_000] },
    nodes: [site(1, [2, 2, 1]), site(2, [3, 1]), site(3, [2, 3, 9])],
  };
  expect(profileFault(looping)).toBeUndefined();
  expect(summarise(looping)).toMatchObject({ jsMs: 2 });
  expect(foldStacks(looping)).toBe("f 1000\nf;f 1000\n");
  const nodes = Array.from({ length: 1_000 }, (_, index) => site(index + 1, [index + 2]));
  const deep = { ...looping, nodes, samples: [200, 900], timeDeltas: [0, 1_000] };
  expect(foldStacks(deep).split("\n")).toHaveLength(2);
  expect(foldStacks(deep).split(";")).toHaveLength(199);
});

test("folded stacks are bounded; the ones with the least time go first", () => {
  const depth = CPU_PROFILE_LIMITS.depth;
  const wide = "x".repeat(CPU_PROFILE_LIMITS.textChars);
  const nodes = Array.from({ length: depth }, (_, index) => ({
    id: index + 1,
    callFrame: { functionName: wide, scriptId: "0", url: "", lineNumber: 0, columnNumber: 0 },
    hitCount: 0,
    children: [index + 2],
  }));
  const samples = nodes.map(({ id }) => id).slice(1);
  const timeDeltas = samples.map((_, index) => index);
  const folded = foldStacks({ nodes, samples, timeDeltas, startTime: 0, endTime: 1e6 });
  expect(folded.length).toBeLessThan(CPU_PROFILE_LIMITS.foldedChars + 1e6);
  const times = folded
    .trimEnd()
    .split("\n")
    .map((line) => Number(line.slice(line.lastIndexOf(" "))));
  expect(times.length).toBeGreaterThan(1);
  expect(Math.min(...times)).toBeGreaterThan(1);
});

test.each([
  ["nothing", null],
  ["a list", []],
  ["no call sites", { ...recorded, nodes: [] }],
  ["too many call sites", { ...recorded, nodes: new Array(CPU_PROFILE_LIMITS.nodes + 1).fill(recorded.nodes[0]) }],
  ["samples that are no numbers", { ...recorded, samples: recorded.samples.map(String) }],
  ["fewer times than samples", { ...recorded, timeDeltas: recorded.timeDeltas.slice(1) }],
  ["no end", { ...recorded, endTime: null }],
  ["a call site without its frame", { ...recorded, nodes: [{ ...recorded.nodes[0], callFrame: undefined }] }],
  ["children that are none", { ...recorded, nodes: [{ ...recorded.nodes[0], children: "all" }] }],
])("%s is no profile", (_title, value) => {
  expect(profileFault(value)).toEqual(expect.any(String));
});
