/** How long rows live, on the table alone. */
import { expect, test } from "vitest";
import { entryOf, idOf, statsOf } from "../../test/fake-node.js";
import { processOf } from "../../test/fake-supervisor.js";
import { VersionClock } from "../version-clock.js";
import { NodeTable } from "./node-table.js";

const HOUR_MS = 3_600_000;
const SELF = idOf(0xffffff);
const departed = (seed: number, sinceMs: number) =>
  ({ entry: entryOf("mesh1", "broker", seed), state: "dead", sinceMs, by: [] }) as const;
const statesOf = (table: NodeTable) => [...table.rows()].map(({ state }) => state);

test("who has departed stays a day, its figures a minute", () => {
  const table = new NodeTable(new VersionClock());
  const broker = entryOf("mesh1", "broker", 1);
  table.syncDirectory([broker], [], 0, SELF);
  table.setStats(broker.id, statsOf(broker), 0);
  const sync = (nowMs: number) => {
    table.syncDirectory([], [departed(1, 1_000)], nowMs, SELF);
    table.sweep(nowMs);
  };
  sync(2_000);
  expect(table.get(broker.id)).toMatchObject({ state: "dead", stateSinceMs: 1_000, stats: { id: broker.id } });
  sync(62_000);
  expect(table.get(broker.id)).toMatchObject({ state: "dead", stats: undefined });
  sync(24 * HOUR_MS);
  expect(table.size).toBe(1);
  // The directory still tells of it; it does not come back for that.
  sync(24 * HOUR_MS + 1_000);
  sync(24 * HOUR_MS + 1_001);
  expect(table.size).toBe(0);
});

test("the newest 256 of the departed are kept, and stay the same ones", () => {
  const versions = new VersionClock();
  const table = new NodeTable(versions);
  const all = Array.from({ length: 300 }, (_, at) => departed(300 - at, 1_000 * (300 - at)));
  const round = () => {
    table.syncDirectory([], all, 400_000, SELF);
    table.sweep(400_000);
  };
  round();
  expect(table.size).toBe(256);
  expect(table.get(idOf(300))).toBeDefined();
  expect(table.get(idOf(44))).toBeUndefined();
  const { value } = versions;
  round();
  expect(versions.value).toBe(value);
});

test("a member that was given up for another, without a departure, is expired", () => {
  const table = new NodeTable(new VersionClock());
  table.syncDirectory([entryOf("mesh1", "broker", 1)], [], 0, SELF);
  const { gone } = table.syncDirectory([], [], 5_000, SELF);
  expect(gone).toMatchObject([{ state: "expired", stateSinceMs: 5_000 }]);
});

test("who departed from one mesh and lives in another is alive", () => {
  const table = new NodeTable(new VersionClock());
  table.syncDirectory([entryOf("mesh2", "broker", 1)], [departed(1, 500)], 1_000, SELF);
  expect([...table.rows()]).toMatchObject([{ mesh: "mesh2", state: "alive" }]);
});

test("each suspicion and each death has a time of its own", () => {
  const table = new NodeTable(new VersionClock());
  const broker = entryOf("mesh1", "broker", 1);
  table.syncDirectory([{ ...broker, suspectedSinceMs: 100 }], [], 200, SELF);
  table.syncDirectory([{ ...broker, suspectedSinceMs: 700 }], [], 800, SELF);
  expect(table.get(broker.id)).toMatchObject({ state: "suspected", stateSinceMs: 700 });
  table.syncDirectory([], [departed(1, 900)], 1_000, SELF);
  table.syncDirectory([], [departed(1, 1_500)], 1_600, SELF);
  expect(table.get(broker.id)).toMatchObject({ state: "dead", stateSinceMs: 1_500 });
});

test("a process that exited without ever being a member goes after a minute, and stays while the supervisor lists it", () => {
  const table = new NodeTable(new VersionClock());
  const exited = processOf({ key: "n1-00000000", state: "exited" });
  table.syncProcesses([exited], 0);
  table.sweep(10 * HOUR_MS);
  expect(statesOf(table)).toEqual(["exited"]);
  table.syncProcesses([], 10 * HOUR_MS);
  table.sweep(10 * HOUR_MS);
  expect(table.size).toBe(0);
});
