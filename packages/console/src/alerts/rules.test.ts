/** Each rule by table: what is bad, what is good, what lies between, and what cannot be judged. */
import { expect, test } from "vitest";
import type { AlertCode } from "./catalogue.js";
import type { Facts, Figure, LinkFacts, MeshFacts, NodeFacts } from "./facts.js";
import { type Judgement, judge } from "./rules.js";

const figure = (value: number, ageMs = 400): Figure => ({ value, ageMs });
const healthy: NodeFacts = {
  ...{ id: "a1", name: "m.t.a1", mesh: "m", record: { ageMs: 12_000, refreshIntervalMs: 30_000 } },
  ...{ cpuUsedCores: figure(0.01), cpuBudgetCores: 2, ramUsedBytes: figure(7e7), ramBudgetBytes: 2 ** 30 },
  ...{ peers: figure(5), furtherConnections: figure(0), connectionsOpenedPerMinute: figure(1) },
  ...{ telemetryDropped: figure(0), ownMeshListed: figure(9) },
};
const meshOf = (changes: Partial<MeshFacts> = {}): MeshFacts => ({
  ...{ mesh: "m", live: 9, doubted: [], cutOff: [] },
  ...changes,
});
const linkOf = (oneSided: boolean | undefined): LinkFacts => ({
  ...{ key: "m|a|b", mesh: "m", holder: "m.t.a1", other: "m.t.b2", oneSided, ageMs: 500 },
});

function factsOf(changes: Partial<Facts>): Facts {
  return { nodes: [], links: [], meshes: [], console: { name: "c", loopDelayMs: 2, rejectedSpans: 0 }, ...changes };
}

function judgementOf(code: AlertCode, subject: string, facts: Facts): Judgement | undefined {
  return judge(facts).find((verdict) => verdict.code === code && verdict.subject === subject)?.judgement;
}

test.each<[AlertCode, string, Partial<NodeFacts>, Judgement]>([
  ["M001", "below nine tenths", { cpuUsedCores: figure(1.7) }, "good"],
  ["M001", "at the budget", { cpuUsedCores: figure(2) }, "between"],
  ["M001", "above the budget", { cpuUsedCores: figure(2.01) }, "bad"],
  ["M001", "shared process", { cpuUsedCores: undefined }, "unknown"],
  ["M001", "no budget", { cpuBudgetCores: undefined }, "unknown"],
  ["M001", "a budget of nothing is none", { cpuBudgetCores: 0 }, "unknown"],
  ["M002", "above the budget", { ramUsedBytes: figure(2 ** 30 + 1) }, "bad"],
  ["M002", "nearly at it", { ramUsedBytes: figure(2 ** 30 * 0.95) }, "between"],
  ["M002", "old figures", { ramUsedBytes: undefined }, "unknown"],
  ["M003", "one peer", { peers: figure(1) }, "good"],
  ["M003", "none", { peers: figure(0) }, "bad"],
  ["M003", "not known", { peers: undefined }, "unknown"],
  ["M004", "busy with peers", { cpuUsedCores: figure(1.9) }, "good"],
  ["M004", "idle alone", { peers: figure(0), cpuUsedCores: figure(0.02) }, "good"],
  ["M004", "a little alone", { peers: figure(0), cpuUsedCores: figure(0.07) }, "between"],
  ["M004", "busy alone", { peers: figure(0), cpuUsedCores: figure(0.5) }, "bad"],
  ["M004", "busy, peers unknown", { peers: undefined, cpuUsedCores: figure(0.5) }, "unknown"],
  ["M004", "alone, load unknown", { peers: figure(0), cpuUsedCores: undefined }, "unknown"],
  ["M005", "one to each peer", { furtherConnections: figure(0) }, "good"],
  ["M005", "two to one", { furtherConnections: figure(1) }, "bad"],
  ["M005", "nobody looks", { furtherConnections: undefined }, "unknown"],
  ["M007", "settled", { connectionsOpenedPerMinute: figure(2) }, "good"],
  ["M007", "many join", { connectionsOpenedPerMinute: figure(20) }, "between"],
  ["M007", "a storm", { connectionsOpenedPerMinute: figure(31) }, "bad"],
  ["M007", "one figure is no rate", { connectionsOpenedPerMinute: undefined }, "unknown"],
  ["M009", "in time", { record: { ageMs: 33_000, refreshIntervalMs: 30_000 } }, "good"],
  ["M009", "a little late", { record: { ageMs: 50_000, refreshIntervalMs: 30_000 } }, "between"],
  ["M009", "late", { record: { ageMs: 60_001, refreshIntervalMs: 30_000 } }, "bad"],
  ["M009", "no record", { record: undefined }, "unknown"],
  ["M010", "none lost", { telemetryDropped: figure(0) }, "good"],
  ["M010", "one lost", { telemetryDropped: figure(1) }, "bad"],
  ["M010", "no report", { telemetryDropped: undefined }, "unknown"],
])("%s %s", (code, _, changes, expected) => {
  const facts = factsOf({ nodes: [{ ...healthy, ...changes }], meshes: [meshOf()] });
  expect(judgementOf(code, "a1", facts)).toBe(expected);
});

test("who is alone in its mesh lacks nobody", () => {
  const nodes = [{ ...healthy, peers: figure(0) }];
  expect(judgementOf("M003", "a1", factsOf({ nodes, meshes: [meshOf({ live: 1 })] }))).toBe("good");
});

test.each([
  [true, "bad"],
  [false, "good"],
  [undefined, "unknown"],
] as const)("M006: one-sided %s is %s", (oneSided, expected) => {
  expect(judgementOf("M006", "m|a|b", factsOf({ links: [linkOf(oneSided)] }))).toBe(expected);
});

const listing = (...counts: (number | undefined)[]): NodeFacts[] =>
  counts.map((count, at) => ({
    ...{ ...healthy, id: `n${at}`, name: `m.t.n${at}` },
    ownMeshListed: count === undefined ? undefined : figure(count),
  }));

test.each<[string, Partial<MeshFacts>, NodeFacts[], Judgement]>([
  ["all list all", {}, listing(9, 9, 9, 9), "good"],
  ["one joined just now", {}, listing(8, 8, 9, 8), "good"],
  ["one is behind", {}, listing(9, 9, 3, 9), "good"],
  ["two groups", {}, listing(9, 9, 4, 4, 4), "bad"],
  ["the greater group is elsewhere", {}, listing(4, 4, 4, undefined), "bad"],
  ["two are doubted", { doubted: ["m.t.x", "m.t.y"] }, listing(9, 9), "bad"],
  ["one is doubted: it may be dying", { doubted: ["m.t.x"] }, listing(9, 9), "good"],
  ["two go on out of sight", { cutOff: ["m.t.x", "m.t.y"] }, listing(undefined), "bad"],
  ["nobody has said anything", {}, listing(undefined, undefined), "unknown"],
])("M008 %s", (_, mesh, nodes, expected) => {
  expect(judgementOf("M008", "m", factsOf({ nodes, meshes: [meshOf(mesh)] }))).toBe(expected);
});

test.each([
  [3, "good"],
  [120, "between"],
  [201, "bad"],
] as const)("M011: an event loop %d ms late is %s", (loopDelayMs, expected) => {
  const facts = factsOf({ console: { name: "c", loopDelayMs, rejectedSpans: 0 } });
  expect(judgementOf("M011", "console", facts)).toBe(expected);
});

test("M010 speaks of the console's own refusals too", () => {
  const at = (rejectedSpans: number) => factsOf({ console: { name: "c", loopDelayMs: 0, rejectedSpans } });
  expect(judgementOf("M010", "console", at(0))).toBe("good");
  expect(judgementOf("M010", "console", at(3))).toBe("bad");
});

test("a verdict names its cause with its figures, and what is unknown has none", () => {
  const nodes = [
    { ...healthy, cpuUsedCores: figure(2.5, 700) },
    { ...healthy, id: "b2", cpuUsedCores: undefined },
  ];
  const [known, unknown] = judge(factsOf({ nodes, meshes: [meshOf()] })).filter(({ code }) => code === "M001");
  expect(known).toMatchObject({ value: 2.5, limit: 2, figureAgeMs: 700, cause: "2.50 cores of 2.00 cores are in use" });
  expect(unknown).toMatchObject({ value: null, figureAgeMs: null, judgement: "unknown" });
});
