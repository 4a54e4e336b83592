import { afterEach, beforeEach, expect, test } from "vitest";
import { entryOf, remoteOf } from "../../test/fake-node.js";
import { type Harness, startHarness } from "../../test/harness.js";
import type { NodeDetail, SeenView } from "../api-types.js";

const [broker, gateway, compute, registry] = ["broker", "gateway", "compute", "registry"].map((type, at) =>
  entryOf("mesh1", type, at + 1),
) as [ReturnType<typeof entryOf>, ...ReturnType<typeof entryOf>[]];
const foreign = entryOf("mesh2", "gateway", 9);

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
  for (const entry of [broker, gateway!, compute!, registry!, foreign]) harness.node.join(entry);
});
afterEach(() => harness.console.close());

test("each other member of its mesh is asked, and who does not answer is named", async () => {
  const { directories } = harness.node;
  directories.set(gateway!.id, [{ ...remoteOf(broker), state: "dead", stateAgeMs: 1_200 }]);
  directories.set(compute!.id, [remoteOf(gateway!)]);
  directories.set(foreign.id, [remoteOf(broker)]);
  const view = await harness.get<SeenView>(`/api/nodes/${broker.name}/seen`);
  expect(view).toEqual({
    ...{ name: broker.name, members: 3, asked: 3, unanswered: [registry!.name] },
    by: [
      { observer: compute!.name, state: "absent", stateAgeMs: null },
      { observer: gateway!.name, state: "dead", stateAgeMs: 1_200 },
    ],
  });
  // What was heard in passing is on the node's row too.
  const { observers } = await harness.get<NodeDetail>(`/api/nodes/${broker.name}`);
  expect(observers).toMatchObject([{ observer: gateway!.name, state: "dead" }]);
});

test("of a large mesh some are asked, and how many there are is said", async () => {
  for (let seed = 100; seed < 140; seed += 1) harness.node.join(entryOf("mesh1", "broker", seed));
  const view = await harness.get<SeenView>(`/api/nodes/${broker.name}/seen`);
  expect([view.members, view.asked, view.unanswered.length]).toEqual([43, 24, 24]);
});
