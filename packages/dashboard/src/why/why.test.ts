import type { DirectoryLine, DirectoryView, EventView, LinkView, NodeView } from "@meshwork/console/api-types";
import { expect, test } from "vitest";
import { type WhyFacts, whyOf } from "./why.js";

const node = (name: string, parts: Partial<NodeView> = {}) =>
  ({
    ...{ key: name, id: name, name, mesh: name.split(".")[0]!, type: "broker", state: "alive", live: true },
    ...{ activeViews: {}, process: null },
    ...parts,
  }) as unknown as NodeView;
const line = (id: string, state: string, parts: Partial<DirectoryLine> = {}) =>
  ({
    ...{ id, name: id, state, stateAgeMs: 4_000, accusedBy: [], ageMs: 12_000, location: "127.0.0.1:1" },
    ...parts,
  }) as unknown as DirectoryLine;
const directory = (as: string, entries: DirectoryLine[], departed: DirectoryLine[] = []) =>
  ({ as, asked: true, entries, departed }) as DirectoryView;
const [a, b] = [node("m.a.1"), node("m.b.2")];
const facts = (parts: Partial<WhyFacts>): WhyFacts => ({
  ...{ a, b, failureOfA: null, failureOfB: null, links: [], events: [] },
  ...{ ofA: directory(a.key, [line(b.key, "alive")]), ofB: directory(b.key, [line(a.key, "alive")]) },
  ...parts,
});
const texts = (parts: Partial<WhyFacts>) => whyOf(facts(parts)).findings.map(({ text }) => text);

test.each<[string, Partial<WhyFacts>, string]>([
  ["alive", {}, "m.a.1 sees m.b.2"],
  ["suspected", { ofA: directory("m.a.1", [line("m.b.2", "suspected")]) }, "m.a.1 sees m.b.2, and suspects it"],
  [
    "dead",
    { ofA: directory("m.a.1", [], [line("m.b.2", "dead", { accusedBy: ["m.c.3", "m.d.4"] })]) },
    "m.a.1 does not see m.b.2: m.b.2 was declared dead by m.c.3 and m.d.4 4 s ago",
  ],
  ["left", { ofA: directory("m.a.1", [], [line("m.b.2", "left")]) }, "m.b.2 said goodbye 4 s ago"],
  ["never", { ofA: directory("m.a.1", []) }, "has never heard of m.b.2, or has forgotten it"],
  [
    "gone for all",
    { b: node("m.b.2", { live: false, state: "dead" }), ofA: directory("m.a.1", []) },
    "it is dead for the console too",
  ],
  [
    "another mesh",
    { b: node("n.b.2"), ofA: directory("m.a.1", []) },
    "is not meant to: it is in m and does not observe n",
  ],
  [
    "an observed mesh",
    { a: node("m.a.1", { activeViews: { n: [] } }), b: node("n.b.2"), ofA: directory("m.a.1", []) },
    "has never heard of n.b.2",
  ],
  ["silent", { ofA: null, failureOfA: "MESH_E_TIMEOUT" }, "m.a.1 cannot be asked: MESH_E_TIMEOUT"],
])("the verdict where it is %s", (_, parts, expected) => {
  expect(whyOf(facts(parts)).verdict.text).toContain(expected);
});

test("both directories, the link and frozen processes are findings of their own", () => {
  const link = { mesh: "m", a: "m.a.1", b: "m.b.2", aReports: true, bReports: false } as LinkView;
  const frozen = node("m.b.2", { process: { state: "frozen", supervised: true } as NodeView["process"] });
  expect(texts({ links: [link], b: frozen, ofB: null, failureOfB: "MESH_E_TIMEOUT" })).toEqual([
    "m.a.1's directory: m.b.2 is alive; record 12 s old, at 127.0.0.1:1",
    "m.b.2's directory: no answer (MESH_E_TIMEOUT)",
    "a link between them: in m, reported by m.a.1 alone",
    "m.b.2's process is frozen: it hears and says nothing until it is thawed",
  ]);
  expect(texts({})[2]).toContain("no link between them");
});

test("the last suspicion and the last death are told, of the newest only", () => {
  const event = (kind: string, ageMs: number, message: string) =>
    ({ kind, node: "m.b.2", ageMs, message }) as EventView;
  const events = [
    event("node.dead", 2_000, "b was declared dead by c and d"),
    event("node.suspected", 5_000, "b is suspected by c"),
    event("node.suspected", 60_000, "b is suspected by e"),
  ];
  expect(texts({ events }).slice(3)).toEqual([
    "5 s ago: b is suspected by c",
    "2 s ago: b was declared dead by c and d",
  ]);
});
