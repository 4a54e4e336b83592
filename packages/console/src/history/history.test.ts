/** Any state within the half hour is rebuilt as it was, whatever the bounds took meanwhile. */
import { beforeEach, expect, test } from "vitest";
import { VersionClock } from "../version-clock.js";
import { History, WINDOW_MS } from "./history.js";

const WALL = 1_800_000_000_000;
let nowMs: number;
let history: History;
const clock = { nowMs: () => nowMs, wallMs: () => WALL + nowMs };
const nameOf = (id: string) => `m.t.${id}`;
const limits = { maxEntries: 1_000_000, maxBytes: 1e9 };

beforeEach(() => {
  nowMs = 0;
  history = new History(new VersionClock(), clock, limits);
});

type Member = Parameters<History["member"]>[0];
const memberOf = (key: string, state: Member["state"] = "alive"): Member => ({
  ...{ key, id: key, name: nameOf(key), mesh: "m", type: "t", state },
});
const linkOf = (a: string, b: string, aReports: boolean | null = true, bReports: boolean | null = true) => ({
  ...{ key: `m|${a}|${b}`, mesh: "m", a, b, aReports, bReports },
});
const stateAt = (ms: number) => {
  const state = history.at(WALL + ms);
  return (
    state && {
      members: state.members.map(({ key, state }) => `${key} ${state}`).sort(),
      links: state.links.map(({ key, aReports, bReports }) => `${key} ${aReports} ${bReports}`).sort(),
    }
  );
};

test("goes back to every moment, and tells links apart by who reports them", () => {
  history.member(memberOf("a"));
  history.member(memberOf("b"));
  nowMs = 1_000;
  history.link(linkOf("a", "b", true, null), nameOf);
  nowMs = 2_000;
  history.link(linkOf("a", "b"), nameOf);
  history.member(memberOf("b", "suspected"));
  nowMs = 3_000;
  history.member(memberOf("b", "dead"));
  history.linkGone("m|a|b", nameOf);
  nowMs = 4_000;
  history.onlyMembers(new Set(["a"]));
  expect(stateAt(500)).toEqual({ members: ["a alive", "b alive"], links: [] });
  expect(stateAt(1_500)).toEqual({ members: ["a alive", "b alive"], links: ["m|a|b true null"] });
  expect(stateAt(2_500)).toEqual({ members: ["a alive", "b suspected"], links: ["m|a|b true true"] });
  expect(stateAt(3_000)).toEqual({ members: ["a alive", "b dead"], links: [] });
  expect(stateAt(9_000)).toEqual({ members: ["a alive"], links: [] });
  expect(history.marks(10).map(({ kind, node, peer, atMs }) => [kind, node, peer, atMs - WALL])).toEqual([
    ["link.up", "m.t.a", "m.t.b", 1_000],
    ["link.down", "m.t.a", "m.t.b", 3_000],
  ]);
});

test("what is told again is no change", () => {
  history.member(memberOf("a"));
  history.link(linkOf("a", "b"), nameOf);
  const { size } = history;
  history.member(memberOf("a"));
  history.link(linkOf("a", "b"), nameOf);
  history.onlyMembers(new Set(["a"]));
  history.linkGone("m|x|y", nameOf);
  expect(history.size).toBe(size);
});

test("what is older than half an hour is in no answer, and what it left stays in the state", () => {
  history.member(memberOf("a"));
  nowMs = 60_000;
  history.event({ kind: "node.joined", severity: "info", node: "m.t.a", mesh: "m", message: "m.t.a joined" });
  nowMs = 61_000 + WINDOW_MS;
  expect(history.marks(10)).toHaveLength(1);
  const { marks, reachesAtMs } = history.view(10);
  expect(marks).toEqual([]);
  expect(reachesAtMs).toBe(WALL + 61_000);
  expect(history.at(WALL + 60_500)).toBeUndefined();
  expect(stateAt(61_000)?.members).toEqual(["a alive"]);
  expect(history.size).toBe(0);
});

test.each([
  ["entries", { maxEntries: 100, maxBytes: 1e9 }],
  ["bytes", { maxEntries: 1e9, maxBytes: 25_000 }],
])("stays within its bound of %s, the oldest first, and still rebuilds what it says it reaches", (_, bounds) => {
  history = new History(new VersionClock(), clock, bounds);
  const seen: [number, string[]][] = [];
  for (let step = 0; step < 5_000; step += 1) {
    nowMs = step * 10;
    const key = `n${(step * 7) % 13}`;
    history.member(memberOf(key, step % 3 === 0 ? "suspected" : step % 3 === 1 ? "alive" : "dead"));
    if (step % 50 === 49) history.onlyMembers(new Set(["n1", "n2", "n3"]));
    seen.push([nowMs, stateAt(nowMs)!.members]);
  }
  const { store, reachesAtMs } = history.view(10);
  expect(store.entries).toBeLessThanOrEqual(bounds.maxEntries);
  expect(store.bytes).toBeLessThanOrEqual(bounds.maxBytes);
  expect(store.entries).toBeGreaterThan(50);
  expect(store.evictedEntries).toBeGreaterThan(1_000);
  const reached = seen.filter(([ms]) => WALL + ms >= reachesAtMs);
  expect(reached.length).toBeGreaterThan(50);
  for (const [ms, members] of reached) expect(stateAt(ms)?.members).toEqual(members);
  expect(stateAt(reachesAtMs - WALL - 1)).toBeUndefined();
});

test("links are as old as the last look at them", () => {
  expect(history.at(WALL)?.linksAgeMs).toBeNull();
  nowMs = 1_000;
  history.watched(true);
  nowMs = 5_000;
  history.watched(false);
  nowMs = 20_000;
  expect(history.at(WALL + 500)?.linksAgeMs).toBeNull();
  expect(history.at(WALL + 3_000)?.linksAgeMs).toBe(0);
  expect(history.at(WALL + 9_000)?.linksAgeMs).toBe(4_000);
});

test("a reader of the stream gets the marks after those that it has", () => {
  const versions = new VersionClock();
  history = new History(versions, clock, limits);
  const event = { severity: "info" as const, node: null, mesh: null, message: "" };
  history.event({ ...event, kind: "one" });
  const since = versions.value;
  history.event({ ...event, kind: "two" });
  history.event({ ...event, kind: "three" });
  expect(history.marks(10, since).map(({ kind, id }) => [kind, id])).toEqual([
    ["two", 2],
    ["three", 3],
  ]);
  expect(history.marks(1, since).map(({ kind }) => kind)).toEqual(["three"]);
});

test("a state is as old as it was then, whatever else changed of the member", () => {
  history.member({ ...memberOf("a"), name: null });
  nowMs = 2_000;
  history.member(memberOf("a"));
  nowMs = 5_000;
  history.member(memberOf("a", "dead"));
  nowMs = 60_000;
  expect(history.at(WALL + 4_000)?.members[0]).toMatchObject({ state: "alive", stateAgeMs: 4_000 });
  expect(history.at(WALL + 9_000)?.members[0]).toMatchObject({ state: "dead", stateAgeMs: 4_000 });
});
