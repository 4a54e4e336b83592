/** Facts from the three sources that the console has anyway: the newest that has the figure wins, and what is too old is not known. */
import { beforeEach, expect, test } from "vitest";
import { entryOf, FakeNode, idOf, statsOf } from "../../test/fake-node.js";
import { spanOf } from "../../test/harness.js";
import type { AgedReport } from "../metrics/node-reports.js";
import { ConsoleModel } from "../model.js";
import { FactsCollector } from "./facts-collector.js";

const broker = entryOf("mesh1", "broker", 2);
const other = entryOf("mesh1", "compute", 3);

let nowMs: number;
let node: FakeNode;
let model: ConsoleModel;
let reports: Map<string, AgedReport>;
let facts: FactsCollector;
beforeEach(() => {
  nowMs = 10_000;
  node = new FakeNode();
  model = new ConsoleModel({
    ...{ node: node.asNode, supervisor: undefined, demo: undefined, limits: {} },
    clock: { nowMs: () => nowMs, wallMs: () => nowMs },
  });
  for (const entry of [broker, other]) node.join({ ...entry, receivedAtMs: nowMs, firstSeenAtMs: nowMs });
  reports = new Map();
  facts = new FactsCollector(model, { reportOf: (id) => reports.get(id), reports: () => reports.values() });
});

const reportOf = (parts: Partial<AgedReport["report"]>): AgedReport => ({
  report: {
    ...{ id: broker.id, mesh: "mesh1", type: "broker", startedAtMs: 0, directory: [] },
    ...{ frames: new Map(), opened: new Map(), closed: new Map(), requests: new Map() },
    ...parts,
  },
  atMs: nowMs,
});
const sendStats = (parts: Parameters<typeof statsOf>[1] = {}) => {
  const row = model.live.rowOf(broker.id)!;
  row.stats = statsOf(broker, parts);
  row.statsAtMs = nowMs;
};
const ofBroker = () => facts.collect(0).nodes.find(({ id }) => id === broker.id)!;

test("without any source nothing is known but the record", () => {
  expect(ofBroker()).toMatchObject({
    record: { ageMs: 0, refreshIntervalMs: 30_000 },
    ...{ cpuBudgetCores: 2, cpuUsedCores: undefined, peers: undefined, furtherConnections: undefined },
    ...{ connectionsOpenedPerMinute: undefined, telemetryDropped: undefined, ownMeshListed: undefined },
  });
});

test("the newest source wins, and one that is too old does not count", () => {
  reports.set(broker.id, reportOf({ cpuUsedCores: 0.3, activePeers: 4 }));
  nowMs += 1_000;
  sendStats({ cpuUsedCores: 0.5, activeViews: { mesh1: [other.id] } });
  nowMs += 500;
  expect(ofBroker()).toMatchObject({ cpuUsedCores: { value: 0.5, ageMs: 500 }, peers: { value: 1, ageMs: 500 } });
  nowMs += 60_000;
  expect(ofBroker()).toMatchObject({ cpuUsedCores: { value: 0.3, ageMs: 61_500 }, furtherConnections: undefined });
  nowMs += 100_000;
  expect(ofBroker().cpuUsedCores).toBeUndefined();
});

test("a shared process says nothing of the node's own load", () => {
  const { cpuUsedCores: _, ramUsedBytes: __, ...shared } = statsOf(broker);
  const row = model.live.rowOf(broker.id)!;
  Object.assign(row, { stats: shared, statsAtMs: nowMs });
  expect(ofBroker()).toMatchObject({ cpuUsedCores: undefined, ramUsedBytes: undefined });
});

test("connections beyond one to each peer, and only of a node that tells both", () => {
  sendStats({ connections: 7, sizes: { peers: 5 } });
  expect(ofBroker().furtherConnections?.value).toBe(2);
  sendStats({ connections: 7, sizes: {} });
  expect(ofBroker().furtherConnections).toBeUndefined();
});

test("connections are a rate once they are known for long enough", () => {
  for (let opened = 10; opened <= 70; opened += 10) {
    sendStats({ connectionsOpened: opened });
    facts.collect(0);
    nowMs += 10_000;
  }
  nowMs -= 10_000;
  expect(ofBroker().connectionsOpenedPerMinute).toEqual({ value: 60, ageMs: 0 });
});

test("the first record's neighbours are none yet; a refreshed one's count", () => {
  expect(ofBroker().peers).toBeUndefined();
  nowMs += 60_000;
  node.update({ ...broker, receivedAtMs: nowMs, firstSeenAtMs: 10_000 });
  expect(ofBroker().peers).toEqual({ value: 0, ageMs: 0 });
});

test("a link is judged where both of its ends have spoken lately", () => {
  sendStats({ activeViews: { mesh1: [other.id] } });
  model.live.nodes();
  const bothSay = (otherViews: Record<string, string[]>) => {
    for (const [entry, views] of [
      [broker, { mesh1: [other.id] }],
      [other, otherViews],
    ] as const)
      node.pushStats(statsOf(entry, { activeViews: views }));
  };
  bothSay({ mesh1: [] });
  const release = model.live.attention.hold();
  return expect
    .poll(() => facts.collect(0).links.map(({ holder, other, oneSided }) => [holder, other, oneSided]))
    .toEqual([[broker.name, other.name, true]])
    .then(() => {
      nowMs += 60_000;
      expect(facts.collect(0).links).toMatchObject([{ oneSided: undefined }]);
      release();
      model.close();
    });
});

test("who is doubted by two is named, and who doubts is not", () => {
  const [third, fourth] = [entryOf("mesh1", "broker", 4), entryOf("mesh1", "broker", 5)];
  for (const entry of [third, fourth]) node.join(entry);
  const says = (observer: number, member: number) =>
    model.live.toldBySpan(
      spanOf({
        name: "mesh.peer.suspected",
        attributes: { "mesh.peer.id": idOf(member) },
        resource: { "mesh.node.id": idOf(observer) },
      }),
    );
  says(2, 4);
  says(3, 4);
  says(2, 5);
  expect(facts.collect(0).meshes).toMatchObject([{ mesh: "mesh1", live: 5, doubted: [third.name] }]);
});

test("who reports on although it was declared dead is cut off; a last report on the way out is none", () => {
  node.depart(broker.id, "dead", [other.id], nowMs);
  model.live.sync();
  const report = { activePeers: 3 };
  nowMs += 2_000;
  reports.set(broker.id, reportOf(report));
  expect(facts.collect(0).meshes[0]?.cutOff).toEqual([]);
  nowMs += 60_000;
  reports.set(broker.id, reportOf(report));
  expect(facts.collect(0).meshes[0]?.cutOff).toEqual([broker.name]);
  nowMs += 200_000;
  expect(facts.collect(0).meshes[0]?.cutOff).toEqual([]);
});
