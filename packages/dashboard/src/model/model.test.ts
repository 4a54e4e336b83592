import type { LinkView, NodeView } from "@meshwork/console/api-types";
import { expect, test } from "vitest";
import { frameKinds } from "./frame-kinds.js";
import { linkKind, linkReport, linksByEnd, reportText } from "./link-kind.js";
import { inOrder } from "./row-order.js";
import { sharedProcesses } from "./shared-processes.js";
import { perNode, totalsOf } from "./totals.js";

const node = (parts: Partial<NodeView>) =>
  ({
    key: "k",
    mesh: "m1",
    type: "broker",
    state: "alive",
    live: true,
    process: null,
    frames: null,
    ...parts,
  }) as NodeView;
const process = (pid: number, shared: boolean, cpuUsedCores = 0.5, rssBytes = 100) => ({
  pid,
  shared,
  cpuUsedCores,
  rssBytes,
  supervised: true,
  state: "running",
});
const link = (parts: Partial<LinkView>) =>
  ({ key: "k", mesh: "m1", a: "a", b: "b", aReports: true, bReports: true, ...parts }) as LinkView;

test("totals take what is known of live nodes, and say of how many", () => {
  const totals = totalsOf([
    node({
      ...{ cpuUsedCores: 0.25, cpuBudgetCores: 4, ramUsedBytes: 10, ramBudgetBytes: 50 },
      activeViews: {
        m1: [
          { id: "a", name: null },
          { id: "b", name: null },
        ],
        m2: [{ id: "c", name: null }],
      },
    }),
    node({
      mesh: "m2",
      state: "suspected",
      cpuUsedCores: null,
      cpuBudgetCores: 2,
      ramUsedBytes: null,
      ramBudgetBytes: null,
    }),
    node({ state: "dead", live: false, cpuUsedCores: 9, cpuBudgetCores: 9, ramUsedBytes: 9, ramBudgetBytes: 9 }),
  ]);
  expect(totals).toEqual({
    live: 2,
    all: 3,
    suspected: 1,
    departed: 1,
    meshes: ["m1", "m2"],
    cpuCores: { used: 0.25, budget: 6, known: 1 },
    ramBytes: { used: 10, budget: 50, known: 1 },
    activePeers: { value: 2, known: 1 },
  });
  expect(perNode(totals.cpuCores)).toBe(0.25);
  expect(perNode({ used: null, budget: 1, known: 0 })).toBeNull();
});

test("nothing known is unknown, not 0", () => {
  expect(
    totalsOf([node({ cpuUsedCores: null, cpuBudgetCores: null, ramUsedBytes: null, ramBudgetBytes: null })]).cpuCores,
  ).toEqual({
    used: null,
    budget: null,
    known: 0,
  });
});

test("a shared process counts once for all its nodes", () => {
  const shared = (name: string) =>
    node({ name, key: name, cpuUsedCores: null, ramUsedBytes: null, process: process(7, true), statsAgeMs: 5 });
  const own = node({ cpuUsedCores: 0.25, ramUsedBytes: 30, process: process(8, false) });
  const totals = totalsOf([shared("a"), shared("b"), own]);
  expect(totals.cpuCores).toEqual({ used: 0.75, budget: null, known: 3 });
  expect(totals.ramBytes.used).toBe(130);
  const rows = [shared("a"), shared("b"), own].map((value, at) => ({ value, receivedAtMs: at }));
  expect(sharedProcesses(rows)).toEqual([
    { pid: 7, nodes: ["a", "b"], cpuUsedCores: 0.5, rssBytes: 100, statsAgeMs: 5, receivedAtMs: 1 },
  ]);
});

test("a link with an end from another mesh is an observer's, one whose ends are unknown is taken for a member's", () => {
  const meshOf = (id: string) => ({ a: "m1", b: "m2", c: "m1" })[id];
  expect(linkKind(link({ b: "c" }), meshOf)).toBe("member");
  expect(linkKind(link({}), meshOf)).toBe("observer");
  expect(linkKind(link({ mesh: "m2", b: "c" }), meshOf)).toBe("observer");
  expect(linkKind(link({ b: "stranger" }), meshOf)).toBe("member");
});

test.each([
  [true, true, "both", "both ends report it"],
  [true, false, "one", "only this end reports it"],
  [false, true, "one", "only the other end reports it"],
  [true, null, "unheard", "this end reports it; the other has not been heard"],
  [null, true, "unheard", "the other end reports it; this one has not been heard"],
])("reports %s and %s: %s", (aReports, bReports, report, text) => {
  expect(linkReport(link({ aReports, bReports }))).toBe(report);
  expect(reportText(link({ aReports, bReports }), "a")).toBe(text);
});

test("links of an end, kinds of frames, order of rows", () => {
  const links = [link({ key: "1" }), link({ key: "2", b: "c" })];
  expect(linksByEnd(links).get("a")).toEqual(links);
  expect(linksByEnd(links).get("c")).toHaveLength(1);
  const frames = (...kinds: string[]) =>
    Object.fromEntries(kinds.map((kind) => [kind, { sent: 0, received: 0, sentBytes: 0, receivedBytes: 0 }]));
  expect(
    frameKinds([node({ frames: frames("probe", "gossip") }), node({ frames: frames("novel", "message") }), node({})]),
  ).toEqual(["message", "gossip", "probe", "novel"]);
  const rows = [
    node({ name: "z", type: "registry" }),
    node({ name: "y", mesh: "m0" }),
    node({ name: "b" }),
    node({ name: "a" }),
  ];
  expect(inOrder(rows.map((value) => ({ value, receivedAtMs: 0 }))).map(({ value }) => value.name)).toEqual([
    "y",
    "a",
    "b",
    "z",
  ]);
});
