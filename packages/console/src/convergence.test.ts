import { beforeEach, expect, test } from "vitest";
import { entryOf, FakeNode, remoteOf } from "../test/fake-node.js";
import { checkConvergence } from "./convergence.js";

const gateway1 = entryOf("mesh1", "gateway", 1);
const broker1 = entryOf("mesh1", "broker", 2);
const gateway2 = entryOf("mesh2", "gateway", 3);
const broker2 = entryOf("mesh2", "broker", 4);
const others = [gateway1, broker1, gateway2, broker2];

let node: FakeNode;
let all: (typeof others)[number][];
beforeEach(() => {
  node = new FakeNode(others);
  all = [...others, node.own];
  const mine = (mesh: string) => all.filter((entry) => entry.mesh === mesh);
  for (const gateway of [gateway1, gateway2]) node.directories.set(gateway.id, all.map(remoteOf));
  node.directories.set(broker1.id, mine("mesh1").map(remoteOf));
  node.directories.set(broker2.id, mine("mesh2").map(remoteOf));
});
const check = (count = 5) => checkConvergence(node.asNode, { count });
const without = (id: string, lacking: string) =>
  node.directories.set(
    id,
    [...(node.directories.get(id) as ReturnType<typeof remoteOf>[])].filter((entry) => entry.id !== lacking),
  );

test("converged: own meshes exactly, gateways and console all", async () => {
  expect(await check()).toMatchObject({ converged: true, live: 5, missing: [], unexpected: [], unanswered: [] });
});

test("a node's own line in its directory is optional, so is the console's in its own", async () => {
  without(broker1.id, broker1.id);
  node.entries = all;
  expect((await check()).converged).toBe(true);
});

test.each([
  ["a broker lacks a member of its mesh", broker1, gateway1],
  ["a broker lacks the console", broker1, entryOf("mesh1", "console", 0xc0)],
  ["a gateway lacks a node of the other mesh", gateway1, broker2],
  ["a gateway lacks a node of its own mesh", gateway2, broker2],
])("not converged: %s", async (_, at, lacking) => {
  without(at.id, lacking.id);
  expect(await check()).toMatchObject({ converged: false, missing: [{ at: at.name, lacks: [lacking.name] }] });
});

test("not converged: a broker lists a node of another mesh", async () => {
  node.directories.set(broker2.id, [gateway2, broker1].map(remoteOf));
  expect(await check()).toMatchObject({ converged: false, unexpected: [{ at: broker2.name, lists: [broker1.name] }] });
});

test("not converged: somebody still lists one who is gone", async () => {
  node.entries = others.filter((entry) => entry !== broker1);
  expect(await check(4)).toMatchObject({
    converged: false,
    unexpected: [gateway1, gateway2].map((entry) => ({ at: entry.name, lists: [broker1.name] })),
  });
});

test("not converged: a node does not answer", async () => {
  node.directories.delete(broker1.id);
  expect(await check()).toMatchObject({
    converged: false,
    unanswered: [{ name: broker1.name, reason: "MESH_E_TIMEOUT" }],
  });
});

test("not converged: too few, too many, or a name that is expected is absent", async () => {
  expect(await check(6)).toMatchObject({ converged: false, live: 5, expected: 6 });
  expect((await check(4)).converged).toBe(false);
  const named = await checkConvergence(node.asNode, { names: [broker1.name, "mesh1.broker.ffffff"] });
  expect(named).toMatchObject({ converged: false, missing: [{ at: node.name, lacks: ["mesh1.broker.ffffff"] }] });
});

test("one whom a node suspects is listed; one that it has seen go is not", async () => {
  node.directories.set(broker1.id, [
    { ...remoteOf(gateway1), state: "suspected" },
    remoteOf(node.own),
    { ...remoteOf(broker2), state: "dead" },
  ]);
  expect(await check()).toMatchObject({ converged: true, missing: [], unexpected: [] });
  node.directories.set(broker1.id, [{ ...remoteOf(gateway1), state: "dead" }, remoteOf(node.own)]);
  expect(await check()).toMatchObject({ missing: [{ at: broker1.name, lacks: [gateway1.name] }], unexpected: [] });
});
