import { expect, test } from "vitest";
import type { ProbeHello, SeenChange } from "./probe/protocol.js";
import { Witnesses } from "./witnesses.js";

const member = (name: string, life = `${name}-1`) => ({ id: name, life });
const hello = (name: string, live: string[], type = "broker", mesh = "m"): ProbeHello => ({
  ...{ ...member(name), name, mesh, type, live: live.map((one) => member(one)) },
});
const change = (kind: SeenChange["kind"], name: string, atMs: number, life?: string): SeenChange => ({
  ...{ kind, ...member(name, life), atMs },
});

function three(): Witnesses {
  const witnesses = new Witnesses();
  for (const name of ["a", "b", "c"]) witnesses.joined(hello(name, ["a", "b", "c"]), 0);
  return witnesses;
}

test("a kill is known when each survivor's own directory has dropped it", async () => {
  const witnesses = three();
  const observers = witnesses.whoLists("c");
  expect(observers).toEqual(["a-1", "b-1"]);
  witnesses.ended("c-1", 10_000);
  const known = witnesses.untilGone(observers, "c", 10_000, 60_000);
  witnesses.changed("a-1", change("dead", "c", 13_500));
  witnesses.changed("b-1", change("expired", "c", 14_000));
  expect(await known).toEqual([
    { observer: "a", ms: 3_500 },
    { observer: "b", ms: 4_000 },
  ]);
  expect(witnesses.falseDeaths).toEqual([]);
  expect(witnesses.disagreements()).toEqual([]);
  expect(witnesses.sizes().waits).toBe(0);
});

test("one who never knows is told from one who was ended meanwhile", async () => {
  const witnesses = three();
  const observers = witnesses.whoLists("c");
  witnesses.ended("c-1", 10_000);
  const known = witnesses.untilGone(observers, "c", 10_000, 20);
  witnesses.ended("b-1", 11_000);
  expect(await known).toEqual([{ observer: "a", ms: null }]);
  expect(witnesses.disagreements()).toEqual(["a lists b, which is gone", "a lists c, which is gone"]);
});

test("one who was frozen meanwhile could not know, and is left out", async () => {
  const witnesses = three();
  const observers = witnesses.whoLists("c");
  witnesses.ended("c-1", 10_000);
  const known = witnesses.untilGone(observers, "c", 10_000, 60_000);
  witnesses.frozen("b-1", 11_000);
  witnesses.changed("a-1", change("dead", "c", 13_500));
  witnesses.thawed("b-1", 20_000);
  witnesses.changed("b-1", change("dead", "c", 20_100));
  expect(await known).toEqual([{ observer: "a", ms: 3_500 }]);
});

test("a dead mark on one who runs is a false death", () => {
  const witnesses = three();
  witnesses.changed("a-1", change("dead", "c", 20_000));
  expect(witnesses.falseDeaths).toEqual([{ atMs: 20_000, observer: "a", accused: "c" }]);
  expect(witnesses.disagreements()).toEqual(["a lacks c"]);
});

test.each([
  ["the accused was frozen", "c-1", 16_001, []],
  ["the accused had been thawed for 4 s", "c-1", 16_000, ["a"]],
  ["the accuser was frozen", "a-1", 16_001, []],
])("false deaths by the design's definition: %s", (_, life, untilMs, accusers) => {
  const witnesses = three();
  witnesses.frozen(life, 12_000);
  witnesses.thawed(life, untilMs);
  witnesses.changed("a-1", change("dead", "c", 20_000));
  expect(witnesses.falseDeaths.map(({ observer }) => observer)).toEqual(accusers);
});

test("a mark on a former life is true, and a life that has only begun may still be unknown", () => {
  const witnesses = three();
  witnesses.ended("c-1", 10_000);
  witnesses.joined({ ...hello("c", ["c"]), life: "c-2" }, 12_000);
  witnesses.changed("a-1", change("dead", "c", 17_000, "c-1"));
  witnesses.changed("b-1", change("dead", "c", 15_000, "c-2"));
  expect(witnesses.falseDeaths).toEqual([]);
});

test("who comes back is awaited by its life, where it must be seen", async () => {
  const witnesses = three();
  witnesses.joined(hello("g", [], "gateway", "other"), 0);
  witnesses.joined(hello("x", [], "broker", "other"), 0);
  const listed = witnesses.untilListed({ ...member("c", "c-2"), mesh: "m" }, 1_000, 20);
  for (const observer of ["a-1", "b-1"]) witnesses.changed(observer, change("joined", "c", 1_400, "c-2"));
  witnesses.changed("g-1", change("updated", "c", 1_500, "c-2"));
  // c's own directory still lists its former life: it is asked too.
  expect(await listed).toEqual([
    { observer: "a", ms: 400 },
    { observer: "b", ms: 400 },
    { observer: "g", ms: 500 },
    { observer: "c", ms: null },
  ]);
});
