/** The checks on what must never happen, each broken on purpose. */
import { expect, test } from "vitest";
import type { ChaosCluster } from "../cluster/chaos-cluster.js";
import type { ChaosNode } from "../cluster/chaos-node.js";
import { excusesNobody, type FaultRun } from "../faults/fault.js";
import { whatNeverHappened } from "./never.js";

interface Fake {
  readonly name: string;
  readonly mesh: string;
  readonly changes?: readonly { readonly kind: string; readonly id: string; readonly mesh: string }[];
  readonly notes?: readonly object[];
  readonly received?: readonly string[];
  readonly opened?: number;
}

const acknowledged = (note: string) => ({ kind: "acknowledged", note, to: "b", sentAtMs: 1 });

async function violationsOf(fakes: readonly Fake[], excuses: FaultRun["excuses"] = excusesNobody) {
  const nodes = fakes.map(({ name, mesh, changes = [], notes = [], opened = 0 }) => ({
    ...{ id: name, name, mesh, changes, notes, isRunning: true },
    call: async () => ({ connectionsOpened: opened }),
  })) as unknown as ChaosNode[];
  const cluster = {
    nodes,
    everybody: nodes,
    disturbances: () => [],
    receivedNotes: () => fakes.flatMap(({ received = [] }) => received),
  } as unknown as ChaosCluster;
  const run = { targets: nodes.slice(0, 1), excuses } as unknown as FaultRun;
  return (await whatNeverHappened(cluster, run, new Map(nodes.map((node) => [node, 0])))).violations;
}

const a: Fake = { name: "a", mesh: "mesh1" };

test("a quiet cluster has nothing to report", async () => {
  const b = { name: "b", mesh: "mesh1", notes: [acknowledged("1")], received: ["1", "unacknowledged"] };
  expect(await violationsOf([a, b])).toEqual([]);
});

test("a false death is one that the fault does not excuse", async () => {
  const b = { name: "b", mesh: "mesh1", changes: [{ kind: "dead", id: "a", mesh: "mesh1" }] };
  expect(await violationsOf([a, b])).toEqual(["false death: b took a for dead"]);
  expect(await violationsOf([a, b], (_, id) => id === "a")).toEqual([]);
});

test("the other mesh must not feel it: neither lose a member nor a message", async () => {
  const c = {
    ...{ name: "c", mesh: "mesh2", changes: [{ kind: "left", id: "d", mesh: "mesh2" }] },
    notes: [{ kind: "failed", to: "d", code: "MESH_E_TIMEOUT", sentAtMs: 1 }],
  };
  expect(await violationsOf([a, c])).toEqual([
    "felt in mesh2: c lost d (left)",
    "felt in mesh2: 1 messages of c failed (to d: MESH_E_TIMEOUT)",
  ]);
  // What an observer sees of the mesh that was hit is no harm to its own.
  expect(
    await violationsOf([a, { name: "c", mesh: "mesh2", changes: [{ kind: "left", id: "a", mesh: "mesh1" }] }]),
  ).toEqual([]);
});

test("acknowledged messages are neither lost nor doubled", async () => {
  const b = { name: "b", mesh: "mesh1", notes: [acknowledged("1"), acknowledged("2")], received: ["2", "2"] };
  expect(await violationsOf([a, b])).toEqual(["1 acknowledged messages lost", "1 messages carried out twice"]);
});

test("a connection storm is seen", async () => {
  expect(await violationsOf([a, { name: "b", mesh: "mesh1", opened: 1_000 }])).toEqual([
    "connection storm: b opened 1000 (bound 12)",
  ]);
});
