import type { ServiceEdge } from "@meshwork/console/api-types";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CARD_HEIGHT, cardPlace, laneCentre, laneGrid } from "./lanes.js";
import { linkBetween, linkWithin } from "./link-path.js";
import { BOX, serviceDrawing } from "./service-drawing.js";
import { serviceLayers } from "./service-layers.js";
import { SlotBook, type SlotNode } from "./slot-book.js";
import { placed, ticksOf } from "./time-scale.js";

const nodes = (count: number, from = 0): SlotNode[] =>
  Array.from({ length: count }, (_, at) => {
    const type = ["broker", "gateway", "compute", "registry"][(at + from) % 4]!;
    return { key: `n${at + from}`, type, label: `${type} ${at + from}` };
  });
const lane = (list: readonly SlotNode[], mesh = "m") => ({ mesh, inner: "right" as const, nodes: list });
const copy = (book: SlotBook, lanes: Parameters<SlotBook["arrange"]>[0]) => new Map(book.arrange(lanes));

describe("slot book", () => {
  test("nobody moves when others go and come within the lane's size", () => {
    const book = new SlotBook();
    const before = copy(book, [lane(nodes(10))]);
    const without = copy(book, [lane(nodes(10).filter(({ key }) => key !== "n3"))]);
    expect(without.size).toBe(9);
    const after = copy(book, [lane([...nodes(10).filter(({ key }) => key !== "n3"), ...nodes(1, 50)])]);
    for (const [key, slot] of before) if (key !== "n3") expect(after.get(key)).toEqual(slot);
    expect(after.get("n50")).toMatchObject({ side: before.get("n3")!.side, row: before.get("n3")!.row });
    expect(book.rows).toBe(5);
  });

  test("keeps sides and rows when the lane grows", () => {
    const book = new SlotBook();
    const before = copy(book, [lane(nodes(10))]);
    const after = copy(book, [lane(nodes(25))]);
    for (const [key, slot] of before) expect(after.get(key)).toEqual(slot);
    expect(book.rows).toBe(13);
  });

  test("the same nodes seen afresh, in any order, have the same places", () => {
    const expected = copy(new SlotBook(), [lane(nodes(12))]);
    fc.assert(
      fc.property(fc.shuffledSubarray(nodes(12), { minLength: 12 }), (order) => {
        expect(new SlotBook().arrange([lane(order)])).toEqual(expected);
      }),
    );
  });

  test("two nodes never share a place, and places go with their nodes", () => {
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(fc.nat(40), { maxLength: 24 }), { minLength: 1, maxLength: 8 }), (rounds) => {
        const book = new SlotBook();
        for (const round of rounds) {
          const list = round.flatMap((at) => nodes(1, at));
          const places = book.arrange([lane(list, "a"), lane(nodes(3, 100), "b")]);
          expect(places.size).toBe(list.length + 3);
          const taken = list.map(({ key }) => `${places.get(key)!.side}${places.get(key)!.row}`);
          expect(new Set(taken).size).toBe(taken.length);
        }
        book.arrange([]);
        expect(book.size).toBe(0);
      }),
    );
  });

  test("those who have links to other lanes stand on the side that faces them", () => {
    const places = new SlotBook().arrange([lane(nodes(10))]);
    for (const node of nodes(10)) if (node.type === "gateway") expect(places.get(node.key)?.side).toBe("right");
  });
});

test.each([
  [9, 914],
  [10, 1_536],
  [30, 914],
  [20, 358],
])("%i nodes in each of two lanes on %i px: no two cards touch, all are inside their lane", (count, width) => {
  const book = new SlotBook();
  const lists = [nodes(count), nodes(count, 1_000)];
  const meshes = ["m0", "m1"];
  const places = book.arrange(lists.map((list, at) => lane(list, meshes[at])));
  const grid = laneGrid(meshes, book.rows, width);
  expect(grid.width).toBeLessThanOrEqual(width);
  for (const [at, list] of lists.entries()) {
    const box = grid.lanes[at]!;
    const cards = list.map(({ key }) => cardPlace(box, places.get(key)!, grid.cardWidth));
    for (const [first, a] of cards.entries()) {
      expect(a.x).toBeGreaterThan(box.x);
      expect(a.x + grid.cardWidth).toBeLessThan(box.x + box.width);
      expect(a.y).toBeGreaterThan(box.y + 40);
      expect(a.y + CARD_HEIGHT).toBeLessThan(box.y + box.height);
      for (const b of cards.slice(first + 1))
        expect(Math.abs(a.x - b.x) > grid.cardWidth + 20 || Math.abs(a.y - b.y) > CARD_HEIGHT + 4).toBe(true);
    }
  }
});

test("a narrow window puts lanes below each other", () => {
  const grid = laneGrid(["a", "b", "c"], 5, 700);
  expect(grid.lanes.map(({ x }) => x)).toEqual([0, 0, 0]);
  expect(new Set(grid.lanes.map(({ y }) => y)).size).toBe(3);
});

test("a link runs from inner side to inner side, one between lanes from the sides that face each other", () => {
  const grid = laneGrid(["a", "b"], 5, 914);
  const place = (at: number, side: "left" | "right", row: number) =>
    cardPlace(grid.lanes[at]!, { side, row }, grid.cardWidth);
  const ends = (path: string) => path.match(/-?[\d.]+/g)!.map(Number);
  const [left, right, below, foreign] = [
    place(0, "left", 0),
    place(0, "right", 0),
    place(0, "left", 1),
    place(1, "left", 0),
  ];
  const within = ends(linkWithin(left, right, laneCentre(grid.lanes[0]!)));
  expect([within[0], within.at(-2)]).toEqual([left.inner.x, right.inner.x]);
  const arc = ends(linkWithin(left, below, laneCentre(grid.lanes[0]!)));
  expect(arc[2]).toBeGreaterThan(left.inner.x);
  expect(arc[2]).toBeLessThan(right.inner.x);
  const across = ends(linkBetween(foreign, right));
  expect([across[0], across.at(-2)]).toEqual([foreign.outer.x, right.outer.x]);
  const stacked = laneGrid(["a", "b"], 5, 358);
  const [upper, lower] = stacked.lanes.map((each) => cardPlace(each, { side: "left", row: 0 }, stacked.cardWidth));
  expect(linkBetween(upper!, lower!)).toMatch(/^M[\d. ]+C/);
});

test("callers stand left of whom they call, one place per service, cycles included", () => {
  const edge = (from: string, to: string) =>
    ({ from: { mesh: "m", service: from }, to: { mesh: "m", service: to } }) as ServiceEdge;
  const edges = [
    edge("gateway", "broker"),
    edge("gateway", "compute"),
    edge("compute", "broker"),
    edge("broker", "registry"),
  ];
  const columns = (list: ServiceEdge[]) =>
    serviceLayers([{ mesh: "n", service: "idle" }], list)
      .boxes.filter(({ mesh }) => mesh === "m")
      .map(({ service }) => service);
  expect(columns(edges)).toEqual(["gateway", "compute", "broker", "registry"]);
  const looped = serviceLayers([], [...edges, edge("registry", "gateway"), edge("broker", "broker")]);
  expect(new Set(looped.boxes.map(({ column, row }) => `${column},${row}`)).size).toBe(looped.boxes.length);
});

test("spans lie where they began, none leaves the scale, and none vanishes", () => {
  expect(placed(25, 50, 100)).toEqual({ left: 25, width: 50 });
  expect(placed(100, 0, 100)).toEqual({ left: 99.7, width: 0.3 });
  expect(placed(-5, 500, 100)).toEqual({ left: 0, width: 100 });
  expect(placed(0, 0, 0)).toEqual({ left: 0, width: 100 });
});

test("ticks are round, start at 0 and end within the scale", () => {
  expect(ticksOf(60)).toEqual([0, 10, 20, 30, 40, 50, 60]);
  expect(ticksOf(1.9, 4)).toEqual([0, 0.5, 1, 1.5]);
  expect(ticksOf(0)).toEqual([0]);
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 1e6, noNaN: true }), (total) => {
      const ticks = ticksOf(total);
      expect(ticks[0]).toBe(0);
      expect(ticks.length).toBeGreaterThan(1);
      expect(ticks.length).toBeLessThanOrEqual(8);
      expect(ticks.at(-1)!).toBeLessThanOrEqual(total * 1.00001);
    }),
  );
});

test("no label of the service graph covers another or a box, also with a caller of everybody", () => {
  const edge = (from: string, to: string, operation: string, errors = 0) => {
    const ref = (text: string) => ({ mesh: text.split(".")[0]!, service: text.split(".")[1]! });
    return { key: `${from}${to}`, from: ref(from), to: ref(to), operation, calls: 1_234, errors } as ServiceEdge;
  };
  const services = ["m1", "m2"].flatMap((mesh) =>
    ["gateway", "broker", "compute", "registry"].map((service) => `${mesh}.${service}`),
  );
  const edges = [
    ...["m1", "m2"].flatMap((mesh) => [
      edge(`${mesh}.gateway`, `${mesh}.broker`, "produce"),
      edge(`${mesh}.gateway`, `${mesh}.compute`, "run", 3),
      edge(`${mesh}.broker`, `${mesh}.registry`, "schema"),
      edge(`${mesh}.compute`, `${mesh}.broker`, "fetch"),
    ]),
    edge("m1.gateway", "m2.broker", "produce"),
    edge("m2.gateway", "m1.broker", "produce"),
    ...services.map((service) => edge("m1.console", service, "start")),
  ];
  const { boxes, calls, width, height } = serviceDrawing({ services: [], edges });
  const rects = [...boxes.map(({ x, y }) => ({ x, y, ...BOX })), ...calls];
  for (const [at, a] of rects.entries()) {
    expect(a.x - a.width / 2).toBeGreaterThanOrEqual(0);
    expect(a.x + a.width / 2).toBeLessThanOrEqual(width);
    expect(a.y - a.height / 2).toBeGreaterThanOrEqual(0);
    expect(a.y + a.height / 2).toBeLessThanOrEqual(height);
    for (const b of rects.slice(at + 1))
      expect(Math.abs(a.x - b.x) >= (a.width + b.width) / 2 || Math.abs(a.y - b.y) >= (a.height + b.height) / 2).toBe(
        true,
      );
  }
});
