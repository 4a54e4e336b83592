import { afterEach, expect, test } from "vitest";
import { type FakeConsole, fakeConsole, mesh } from "../testing/command.js";
import { byWhom } from "./commands/members.js";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function consoleWith(answers: Readonly<Record<string, unknown>>): Promise<FakeConsole> {
  const console = await fakeConsole(answers);
  cleanups.push(() => console.close());
  return console;
}

const MINUTE_MS = 60_000;
const member = (name: string, state: string, stateAgeMs: number, extra: object = {}) => ({
  ...{ name, mesh: name.split(".")[0], type: name.split(".")[1], state, stateAgeMs },
  ...{ live: state === "alive" || state === "suspected", accusedBy: [], observers: [], agreeing: 0 },
  ...{ location: "127.0.0.1:1", uptimeMs: 5_000, recordAgeMs: 12 },
  ...extra,
});
const CONSOLE = "mesh1.console.cccccc";
const NODES = {
  nodes: [
    member("mesh1.broker.aaaaaa", "alive", 90 * MINUTE_MS),
    member("mesh1.broker.bbbbbb", "suspected", 2_100, { accusedBy: [CONSOLE] }),
    member("mesh1.broker.dddddd", "dead", 14 * MINUTE_MS, { accusedBy: ["mesh1.broker.aaaaaa", CONSOLE] }),
    member("mesh1.broker.eeeeee", "left", 16 * MINUTE_MS),
    member("mesh2.broker.ffffff", "expired", 20 * 60 * MINUTE_MS),
    member("mesh2.broker.111111", "starting", 60 * MINUTE_MS),
  ],
};
const names = (out: string) =>
  out
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.split(" ")[0]);

test("name, state, since when and by whom; who departed over 15 minutes ago only with --all, and that is said", async () => {
  const console = await consoleWith({ "GET /api/nodes": NODES });
  const short = await mesh(["members", ...console.flags]);
  const lines = short.out.split("\n");
  expect(lines[0]).toMatch(/^NAME +STATE +SINCE +BY +LOCATION +UP +RECORD AGE/);
  expect(lines[1]).toMatch(/^mesh1\.broker\.aaaaaa +alive +1 h 30 min +- +127\.0\.0\.1:1 +5\.0 s/);
  expect(lines[2]).toMatch(/^mesh1\.broker\.bbbbbb +suspected +2\.1 s +mesh1\.console\.cccccc +127/);
  expect(lines[3]).toMatch(
    /^mesh1\.broker\.dddddd +dead +14 min 0 s +mesh1\.broker\.aaaaaa, mesh1\.console\.cccccc +127/,
  );
  expect(lines[3]).toMatch(/127\.0\.0\.1:1 +- +- +- +- +- +- +-$/);
  expect(names(short.out)).toEqual([
    "mesh1.broker.aaaaaa",
    "mesh1.broker.bbbbbb",
    "mesh1.broker.dddddd",
    "mesh2.broker.111111",
  ]);
  expect(short.err).toBe("2 more departed over 15 minutes ago; --all shows them\n");
  const all = await mesh(["members", "--all", ...console.flags]);
  expect(names(all.out)).toHaveLength(6);
  expect(all.err).toBe("");
  const json = await mesh(["members", "--json", ...console.flags]);
  expect(JSON.parse(json.out)).toMatchObject({ hidden: 2, nodes: [NODES.nodes[0], { state: "suspected" }, {}, {}] });
  expect(json.err).toBe("");
});

test.each([
  [
    ["--state", "live"],
    ["mesh1.broker.aaaaaa", "mesh1.broker.bbbbbb"],
  ],
  [
    ["--state", "suspected,dead"],
    ["mesh1.broker.bbbbbb", "mesh1.broker.dddddd"],
  ],
  [
    ["--state", "left", "--state", "expired", "--all"],
    ["mesh1.broker.eeeeee", "mesh2.broker.ffffff"],
  ],
  [["--state", "alive", "--mesh", "mesh1", "--type", "broker"], ["mesh1.broker.aaaaaa"]],
])("%j", async (flags, expected) => {
  const console = await consoleWith({ "GET /api/nodes": NODES });
  expect(names((await mesh(["members", ...flags, ...console.flags])).out)).toEqual(expected);
});

test("as another node's directory says", async () => {
  const line = (name: string, state: string, extra: object = {}) => ({
    ...member(name, state, 3_000),
    ageMs: 700,
    ...extra,
  });
  const console = await consoleWith({
    "GET /api/directory": {
      as: "mesh1.broker.aaaaaa",
      asked: true,
      entries: [line("mesh1.broker.bbbbbb", "suspected"), line("mesh1.broker.aaaaaa", "alive", { stateAgeMs: null })],
      departed: [line("mesh1.broker.dddddd", "dead", { accusedBy: [CONSOLE] })],
    },
  });
  const { out } = await mesh(["members", "--as", "mesh1.broker.aaaaaa", ...console.flags]);
  expect(console.requests[0]?.path).toBe("/api/directory?as=mesh1.broker.aaaaaa");
  const lines = out.split("\n");
  expect(lines[0]).toMatch(/^NAME +STATE +SINCE +BY +LOCATION +RECORD AGE$/);
  expect(lines[1]).toMatch(/^mesh1\.broker\.aaaaaa +alive +- +- +127\.0\.0\.1:1 +700 ms$/);
  expect(lines[2]).toMatch(/^mesh1\.broker\.bbbbbb +suspected +3\.0 s +- +127/);
  expect(lines[3]).toMatch(/^mesh1\.broker\.dddddd +dead +3\.0 s +mesh1\.console\.cccccc +127/);
  const json = JSON.parse((await mesh(["members", "--as", "aaaaaa", "--json", ...console.flags])).out);
  expect(json).toMatchObject({ as: "mesh1.broker.aaaaaa", hidden: 0, nodes: [{}, {}, {}] });
});

test("a state that is none is a usage error that lists them", async () => {
  const { exitCode, err } = await mesh(["members", "--state", "resting"]);
  expect(exitCode).toBe(2);
  expect(err).toContain("resting is none of live, alive, suspected, left, dead, expired, starting, exited");
});

test("observers that see it otherwise are named with what they say", () => {
  const observer = (name: string, state: string) => ({ observer: name, state, stateAgeMs: 0, toldAgeMs: 0 });
  expect(byWhom({ accusedBy: [] })).toBe("-");
  expect(byWhom({ accusedBy: [], observers: [observer("x", "suspected"), observer("y", "suspected")] })).toBe(
    "suspected for x, suspected for y",
  );
  expect(byWhom({ accusedBy: ["c"], observers: [observer("y", "alive")] })).toBe("c (alive for y)");
});

test("describe tells the state with whose word it is, and who says otherwise; status counts the suspected", async () => {
  const node = {
    ...member("mesh1.broker.bbbbbb", "suspected", 2_100, { accusedBy: [CONSOLE], agreeing: 2 }),
    process: null,
    observers: [{ observer: "mesh1.broker.aaaaaa", state: "alive", stateAgeMs: 4_000, toldAgeMs: 500 }],
  };
  const cluster = {
    ...{ live: 3, links: 2, supervised: null, demo: null, console: { name: CONSOLE, pid: 1, uptimeMs: 1 } },
    meshes: [{ mesh: "mesh1", live: 3, suspected: 1, byType: { broker: 2, console: 1 } }],
    ...{ stats: { watched: 1, fresh: 1, intervalMs: 1_000 }, store: { traces: 0, spans: 0, bytes: 0, maxBytes: 1 } },
  };
  const console = await consoleWith({ "GET /api/nodes/mesh1.broker.bbbbbb": node, "GET /api/cluster": cluster });
  const { out } = await mesh(["describe", "mesh1.broker.bbbbbb", ...console.flags]);
  expect(out).toMatch(/^state +suspected for 2\.1 s, by mesh1\.console\.cccccc \(2 other nodes say so\)$/m);
  expect(out).toMatch(/^for mesh1\.broker\.aaaaaa +alive for 4\.0 s, as it said 500 ms ago$/m);
  expect((await mesh(["status", ...console.flags])).out).toMatch(
    /^mesh1 +3 live \(1 suspected\): 2 broker, 1 console$/m,
  );
});
