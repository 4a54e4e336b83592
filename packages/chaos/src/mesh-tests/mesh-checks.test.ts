/** Each check of the tests on whole meshes, seen to fail where what it looks at is broken. */
import { expect, test } from "vitest";
import type { Change } from "../cluster/agent-protocol.js";
import {
  falseDeaths,
  isolationProblems,
  lateRemovals,
  missingTypes,
  type Seen,
  swarmProblems,
  unanswered,
} from "./mesh-checks.js";

const seen = (name: string, observes: string[] = []): Seen => ({
  name,
  mesh: name.split(".")[0] ?? "",
  id: `id of ${name}`,
  observes,
});
const change = (id: string, mesh: string, kind: Change["kind"] = "joined"): Change => ({
  kind,
  id,
  mesh,
  generation: 1,
  addresses: [],
  atMs: 0,
});

test("an echo without an answer, and none asked", () => {
  expect(unanswered([{ from: "a", to: "b" }])).toEqual([]);
  expect(unanswered([{ from: "a", to: "b", code: "MESH_E_TIMEOUT" }])).toEqual(["b did not answer a: MESH_E_TIMEOUT"]);
  expect(unanswered([])).toEqual(["nobody was asked"]);
});

test("a type that a node did not reach", () => {
  const nodes = [seen("m.broker.aaaaaa")];
  const answers = [{ from: "m.broker.aaaaaa", to: "m.broker.bbbbbb" }];
  expect(missingTypes(nodes, ["broker"], answers)).toEqual([]);
  expect(missingTypes(nodes, ["broker", "gateway"], answers)).toEqual(["m.broker.aaaaaa reached no gateway"]);
  expect(missingTypes(nodes, ["broker"], [{ from: "m.broker.aaaaaa", to: "other.broker.bbbbbb" }])).toHaveLength(1);
});

test("a removal that is late, or never comes", () => {
  expect(lateRemovals([{ observer: "a", dead: "b", ms: 4_000 }], 5_000)).toEqual([]);
  expect(lateRemovals([{ observer: "a", dead: "b", ms: 5_001 }], 5_000)).toEqual(["a dropped b after 5.0 s"]);
  expect(lateRemovals([{ observer: "a", dead: "b", ms: undefined }], 5_000)).toHaveLength(1);
  expect(lateRemovals([], 5_000)).toHaveLength(1);
});

test("a survivor that was taken for dead", () => {
  const alive = new Map([["1", "a"]]);
  expect(falseDeaths([{ observer: "b", change: change("2", "m", "dead") }], alive)).toEqual([]);
  expect(falseDeaths([{ observer: "b", change: change("1", "m", "suspected") }], alive)).toEqual([]);
  expect(falseDeaths([{ observer: "b", change: change("1", "m", "dead") }], alive)).toEqual(["b took a for dead"]);
});

const swarm = [
  { name: "a", id: "1", neighbors: ["2"], gossipReceived: 3 },
  { name: "b", id: "2", neighbors: ["1", "3"], gossipReceived: 3 },
  { name: "c", id: "3", neighbors: ["2"], gossipReceived: 3 },
];
const swarmWith = (at: number, more: Partial<(typeof swarm)[number]>) =>
  swarmProblems(
    swarm.map((sight, index) => (index === at ? { ...sight, ...more } : sight)),
    5,
  );

test("a swarm in parts, with links of one end, without gossip, too full, or alone", () => {
  expect(swarmProblems(swarm, 5)).toEqual([]);
  expect(swarmWith(2, { neighbors: [] })).toEqual(["c has no neighbour", "the overlay joins 2 of 3 nodes"]);
  expect(swarmWith(1, { neighbors: ["1"] })).toEqual(["the overlay joins 2 of 3 nodes"]);
  expect(swarmWith(0, { gossipReceived: 0 })).toEqual(["no gossip came to a"]);
  expect(swarmWith(0, { neighbors: ["2", "9"] })).toEqual(["a holds a link to nobody: 9"]);
  expect(swarmProblems(swarm, 1)).toHaveLength(1);
  expect(swarmProblems(swarm.slice(0, 1), 5).at(-1)).toBe("the overlay joins 1 of 1 nodes");
});

const [broker, gateway, stranger] = [
  seen("m1.broker.aaaaaa"),
  seen("m1.gateway.bbbbbb", ["m2"]),
  seen("m2.broker.cccccc"),
];
const crossing = [{ from: broker.name, to: stranger.name, code: "MESH_E_UNKNOWN_NAME" }];
const isolation = (more: { listed?: string[]; heard?: Change; attempts?: typeof crossing }) =>
  isolationProblems(
    [broker, gateway, stranger],
    [
      { observer: broker, ids: more.listed ?? [broker.id, gateway.id] },
      { observer: gateway, ids: [broker.id, gateway.id, stranger.id] },
    ],
    [{ observer: broker, change: more.heard ?? change(gateway.id, "m1") }],
    more.attempts ?? crossing,
  );

test("a mesh that shows in another", () => {
  expect(isolation({})).toEqual([]);
  expect(isolation({ listed: [stranger.id] })).toHaveLength(1);
  expect(isolation({ listed: ["nobody's"] })).toHaveLength(1);
  expect(isolation({ heard: change(stranger.id, "m2") })).toHaveLength(1);
  expect(isolation({ attempts: [] })).toEqual(["nobody tried to cross"]);
  const [attempt] = crossing as [(typeof crossing)[number]];
  expect(isolation({ attempts: [{ ...attempt, code: "MESH_E_TIMEOUT" }] })).toHaveLength(1);
  expect(isolationProblems([], [], [], crossing)).toEqual(["nobody was looked at"]);
});
