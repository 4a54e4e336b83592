import type {
  AlertView,
  ClusterSummary,
  Delta,
  HistoryMark,
  LinkView,
  MessageView,
  NodeView,
  ServiceGraph,
  Snapshot,
} from "@meshwork/console/api-types";
import { expect, test } from "vitest";
import { fromSnapshot, KEPT, withDelta, withPing } from "./live-state.js";

const node = (key: string, framesSent = 0) => ({ key, framesSent }) as NodeView;
const link = (key: string) => ({ key }) as LinkView;
const message = (key: string, paired = false) => ({ key, paired }) as MessageView;
const alert = (id: number, value = 0) => ({ id, value }) as AlertView;
const mark = (id: number) => ({ id }) as HistoryMark;
const snapshot = (parts: Partial<Snapshot> = {}): Snapshot => ({
  seq: 5,
  atMs: 0,
  cluster: { live: 1 } as ClusterSummary,
  nodes: [node("a"), node("b")],
  links: [link("a|b")],
  messages: [message("m1")],
  events: [],
  services: { unpaired: 0 } as ServiceGraph,
  alerts: [alert(1), alert(2)],
  ...parts,
});
const delta = (parts: Partial<Delta>): Delta => ({ from: 5, seq: 6, atMs: 0, ...parts });

test("a delta replaces rows of the same key, removes and adds, and leaves the rest with its old time", () => {
  const data = withDelta(
    fromSnapshot(snapshot(), 100),
    delta({ nodes: [node("b", 9), node("c")], removedNodes: ["a"], links: [], removedLinks: ["a|b"] }),
    200,
  );
  expect(
    [...data!.nodes.values()].map(({ value, receivedAtMs }) => [value.key, value.framesSent, receivedAtMs]),
  ).toEqual([
    ["b", 9, 200],
    ["c", 0, 200],
  ]);
  expect(data!.links.size).toBe(0);
  expect(data!.cluster.receivedAtMs).toBe(100);
  expect(data!.seq).toBe(6);
});

test("a row that went and came back within one delta is there", () => {
  const data = withDelta(fromSnapshot(snapshot(), 0), delta({ nodes: [node("a", 3)], removedNodes: ["a"] }), 1);
  expect(data!.nodes.get("a")?.value.framesSent).toBe(3);
});

test("what does not follow is refused, and a ping moves the sequence", () => {
  const data = fromSnapshot(snapshot(), 0);
  expect(withDelta(data, delta({ from: 4 }), 1)).toBeUndefined();
  expect(withDelta(data, delta({ from: 7 }), 1)).toBeUndefined();
  expect(withDelta(withPing(data, 7), delta({ from: 7, seq: 8 }), 1)?.seq).toBe(8);
});

test("unchanged parts stay the same object, so that nothing is drawn anew for them", () => {
  const before = fromSnapshot(snapshot(), 0);
  const after = withDelta(before, delta({ messages: [message("m2")] }), 1)!;
  expect(after.nodes).toBe(before.nodes);
  expect(after.links).toBe(before.links);
  expect(after.services).toBe(before.services);
});

test("new messages go to the front, the other half of a known one stays in its place, and the list is bounded", () => {
  const data = withDelta(fromSnapshot(snapshot(), 0), delta({ messages: [message("m2"), message("m1", true)] }), 1)!;
  expect(data.messages.map(({ value }) => [value.key, value.paired])).toEqual([
    ["m2", false],
    ["m1", true],
  ]);
  const many = Array.from({ length: KEPT + 50 }, (_, at) => message(`n${at}`));
  const full = withDelta(data, delta({ from: 6, seq: 7, messages: many }), 2)!;
  expect(full.messages).toHaveLength(KEPT);
  expect(full.messages[0]?.value.key).toBe("n0");
});

test("alerts are replaced and removed by number; marks come oldest first and are kept newest first", () => {
  const parts = { alerts: [alert(2, 7), alert(3)], removedAlerts: [1], marks: [mark(8), mark(9)] };
  const data = withDelta(fromSnapshot(snapshot(), 0), delta(parts), 1)!;
  expect([...data.alerts.values()].map(({ value }) => [value.id, value.value])).toEqual([
    [2, 7],
    [3, 0],
  ]);
  const next = withDelta(data, delta({ from: 6, seq: 7, marks: [mark(10)] }), 2)!;
  expect(next.marks.map(({ value }) => value.id)).toEqual([10, 9, 8]);
});
