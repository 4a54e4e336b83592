/** Members' states as the API tells them: by the console's own directory, by other nodes, as events. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { entryOf, idOf, remoteOf } from "../test/fake-node.js";
import { type Harness, openStream, spanOf, startHarness } from "../test/harness.js";
import type { ClusterSummary, DirectoryView, EventList, NodeDetail, NodeList } from "./api-types.js";
import * as schemas from "./schemas.js";

const gateway = entryOf("mesh1", "gateway", 1);
const broker = entryOf("mesh1", "broker", 2);
const remote = entryOf("mesh2", "broker", 3);

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
  for (const entry of [gateway, broker, remote]) harness.node.join(entry);
});
afterEach(() => harness.console.close());

const row = async ({ name }: { name: string }) =>
  schemas.NodeDetail.parse(await harness.get<NodeDetail>(`/api/nodes/${name}`));
const cluster = () => harness.get<ClusterSummary>("/api/cluster");
const eventsOf = async (query = "") => {
  const { events } = schemas.EventList.parse(await harness.get<EventList>(`/api/events${query}`));
  return events.map(({ kind, node, by }) => ({ kind, node, by }));
};
/** What `observer` says of `member`, by a span. */
const peerSpan = (name: string, observer: { id: string; name: string }, member: { id: string }) => {
  const span = spanOf({ name, node: observer.name, attributes: { "mesh.peer.id": member.id } });
  return { ...span, resource: { ...span.resource, "mesh.node.id": observer.id } };
};

test("a suspected member is a live one, under the console's own suspicion", async () => {
  harness.node.suspect(broker.id, performance.now() - 700);
  const suspected = await row(broker);
  expect(suspected).toMatchObject({ state: "suspected", live: true, accusedBy: [harness.node.name], observers: [] });
  expect(suspected.stateAgeMs).toBeGreaterThanOrEqual(700);
  expect(suspected.stateAgeMs).toBeLessThan(5_000);
  expect(await cluster()).toMatchObject({
    live: 4,
    meshes: [{ mesh: "mesh1", live: 3, suspected: 1 }, { suspected: 0 }],
  });
  expect((await harness.get<NodeList>("/api/nodes?state=suspected")).nodes.map(({ name }) => name)).toEqual([
    broker.name,
  ]);
  expect((await harness.get<NodeList>("/api/nodes?state=live")).nodes).toHaveLength(4);
  harness.node.refute(broker.id);
  expect(await row(broker)).toMatchObject({ state: "alive", accusedBy: [] });
  expect((await eventsOf()).slice(0, 2)).toEqual([
    { kind: "node.refuted", node: broker.name, by: [harness.node.name] },
    { kind: "node.suspected", node: broker.name, by: [harness.node.name] },
  ]);
});

test("the dead stay listed with since when and by whom, count no more, and can come back", async () => {
  harness.node.depart(broker.id, "dead", [gateway.id, idOf(99)]);
  expect(await row(broker)).toMatchObject({ state: "dead", live: false, accusedBy: [gateway.name, idOf(99)] });
  expect((await cluster()).live).toBe(3);
  expect(await eventsOf("?limit=1")).toEqual([{ kind: "node.dead", node: broker.name, by: [gateway.name, idOf(99)] }]);
  harness.node.join({ ...broker, record: { ...broker.record, sequence: 2 } });
  expect(await row(broker)).toMatchObject({ state: "alive", live: true, accusedBy: [] });
  const { events } = await harness.get<EventList>("/api/events?limit=1");
  expect(events).toMatchObject([{ kind: "node.joined", message: `${broker.name} is back (it was dead)` }]);
});

test("an update says what changed; a new life of the same id is a restart", async () => {
  harness.node.update({ ...broker, record: { ...broker.record, sequence: 2, loadClass: "high" } });
  harness.node.update({ ...broker, record: { ...broker.record, generation: 2 } });
  const { events } = await harness.get<EventList>("/api/events?limit=2");
  expect(events).toMatchObject([
    { kind: "node.restarted", by: [] },
    { kind: "node.updated", message: `${broker.name} updated: load idle → high`, by: [] },
  ]);
});

test("events are filtered by mesh and age", async () => {
  harness.node.depart(remote.id, "left");
  expect(await eventsOf("?mesh=mesh2")).toMatchObject([{ kind: "node.left" }, { kind: "node.joined" }]);
  expect(await eventsOf("?maxAgeMs=60000")).toHaveLength(4);
  await vi.waitFor(async () => expect(await eventsOf("?maxAgeMs=1")).toEqual([]));
  expect((await harness.call("/api/events?maxAgeMs=-1")).status).toBe(400);
});

test("a node's own directory shows its own states, and the row of a member where they differ", async () => {
  const accuser = { id: gateway.id, name: gateway.name };
  harness.node.directories.set(gateway.id, [
    { ...remoteOf(broker), state: "suspected", stateAgeMs: 900 },
    remoteOf(harness.node.own),
    { ...remoteOf(remote), state: "dead", stateAgeMs: 60_000, by: [accuser, { id: broker.id }, { id: idOf(77) }] },
  ]);
  const asked = schemas.DirectoryView.parse(await harness.get<DirectoryView>(`/api/directory?as=${gateway.name}`));
  expect(asked.entries).toMatchObject([
    { name: broker.name, state: "suspected", stateAgeMs: 900, accusedBy: [] },
    { name: harness.node.name, state: "alive", stateAgeMs: null },
  ]);
  expect(asked.departed).toMatchObject([
    { name: remote.name, state: "dead", stateAgeMs: 60_000, accusedBy: [gateway.name, broker.name, idOf(77)] },
  ]);
  expect(await row(broker)).toMatchObject({
    ...{ state: "alive", live: true, agreeing: 0 },
    observers: [{ observer: gateway.name, state: "suspected" }],
  });
  // The console suspects it too: they agree now.
  harness.node.suspect(broker.id);
  expect(await row(broker)).toMatchObject({ state: "suspected", observers: [], agreeing: 1 });
  expect(await row(remote)).toMatchObject({ state: "alive", observers: [{ observer: gateway.name, state: "dead" }] });
  // Who said it is gone: its word goes with it.
  harness.node.depart(gateway.id, "left");
  expect(await row(remote)).toMatchObject({ observers: [] });
});

test("the console's own directory shows who has departed", async () => {
  harness.node.suspect(gateway.id);
  harness.node.depart(broker.id, "dead", [gateway.id], performance.now() - 1_000);
  const own = schemas.DirectoryView.parse(await harness.get<DirectoryView>("/api/directory"));
  expect(Object.fromEntries(own.entries.map(({ name, state }) => [name, state]))).toEqual({
    [gateway.name]: "suspected",
    [remote.name]: "alive",
  });
  expect(own.departed).toMatchObject([{ name: broker.name, state: "dead", accusedBy: [gateway.name] }]);
  expect(own.departed[0]?.stateAgeMs).toBeGreaterThanOrEqual(1_000);
});

test("nodes tell by their spans whom they suspect: a view and an event of theirs, no verdict", async () => {
  await harness.sendSpans([peerSpan("mesh.peer.suspected", gateway, broker)]);
  expect(await row(broker)).toMatchObject({
    ...{ state: "alive", live: true },
    observers: [{ observer: gateway.name, state: "suspected" }],
  });
  // The same once more is no news; a death is the directory's to tell; the console's own spans say what its directory said.
  await harness.sendSpans([
    peerSpan("mesh.peer.suspected", gateway, broker),
    peerSpan("mesh.peer.dead", gateway, remote),
    peerSpan("mesh.peer.suspected", harness.node, broker),
    peerSpan("mesh.peer.suspected", { id: idOf(55), name: "mesh1.broker.nobody" }, broker),
    peerSpan("mesh.peer.suspected", gateway, gateway),
    spanOf({ name: "mesh.peer.suspected" }),
  ]);
  expect(await row(remote)).toMatchObject({ state: "alive", observers: [{ observer: gateway.name, state: "dead" }] });
  expect((await eventsOf()).filter(({ kind }) => kind !== "node.joined")).toEqual([
    { kind: "node.suspected", node: broker.name, by: [gateway.name] },
  ]);
  await harness.sendSpans([peerSpan("mesh.peer.refuted", gateway, broker)]);
  expect(await row(broker)).toMatchObject({ observers: [], agreeing: 1 });
  expect(await eventsOf("?limit=1")).toEqual([{ kind: "node.refuted", node: broker.name, by: [gateway.name] }]);
});

test("what was said of a former life says nothing of the next", async () => {
  await harness.sendSpans([peerSpan("mesh.peer.suspected", gateway, broker)]);
  harness.node.update({ ...broker, record: { ...broker.record, generation: 2 } });
  expect(await row(broker)).toMatchObject({ observers: [], agreeing: 0 });
});

test("the stream carries states and events; what another node says is a change too", async () => {
  const stream = await openStream(harness);
  await stream.next();
  await harness.sendSpans([peerSpan("mesh.peer.suspected", gateway, broker)]);
  const told = await stream.until(({ data }) => data.events !== undefined);
  expect(schemas.Delta.parse(told.data)).toMatchObject({
    nodes: [{ name: broker.name, observers: [{ observer: gateway.name }] }],
    events: [{ kind: "node.suspected", by: [gateway.name] }],
  });
  harness.node.depart(broker.id, "dead", [gateway.id, remote.id]);
  const dead = await stream.until(({ data }) => data.events !== undefined);
  expect(dead.data.nodes).toMatchObject([{ state: "dead", accusedBy: [gateway.name, remote.name] }]);
  stream.close();
});

test("a stream of events alone carries nothing else, and makes no node send figures", async () => {
  const stream = await openStream(harness, undefined, "?only=events");
  const first = (await stream.next())!;
  expect(first.event).toBe("snapshot");
  expect(Object.keys(schemas.EventSnapshot.strict().parse(first.data))).toEqual(["seq", "atMs", "events"]);
  expect(harness.node.watchers).toBe(0);
  harness.node.suspect(broker.id);
  const next = await stream.until(({ event }) => event === "delta");
  expect(Object.keys(next.data).sort()).toEqual(["atMs", "events", "from", "seq"]);
  expect(next.data.events).toMatchObject([{ kind: "node.suspected" }]);
  stream.close();
  harness.node.refute(broker.id);
  const resumed = await openStream(harness, next.id, "?only=events");
  expect((await resumed.next())?.data.events).toMatchObject([{ kind: "node.refuted" }]);
  expect(harness.node.watchers).toBe(0);
  resumed.close();
  expect((await harness.call("/api/stream?only=nodes")).status).toBe(400);
});
