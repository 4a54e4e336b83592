import fc from "fast-check";
import { expect, test } from "vitest";
import { fitted, panned, showing, toField, zoomed } from "./camera.js";
import { CellBook, type CellNode } from "./cell-book.js";
import { cellAt, cellPoint, fieldGrid } from "./field-grid.js";

const nodes = (ids: readonly number[]): CellNode[] =>
  ids.map((id) => ({
    id: `n${id}`,
    mesh: `m${id % 2}`,
    type: id % 3 === 0 ? "broker" : "compute",
    name: `name ${id}`,
  }));
const range = (count: number) => Array.from({ length: count }, (_, at) => at);

test("nobody moves when others come and go, and no two of a lane share a cell", () => {
  fc.assert(
    fc.property(fc.array(fc.uniqueArray(fc.nat(60), { maxLength: 50 }), { minLength: 1, maxLength: 8 }), (rounds) => {
      const book = new CellBook();
      let before: ReadonlyMap<string, number> = new Map();
      for (const round of rounds) {
        const list = nodes(round);
        const cells = book.arrange(list);
        expect(cells.size).toBe(list.length);
        for (const [id, cell] of cells) if (before.has(id)) expect(cell).toBe(before.get(id));
        expect(new Set(list.map(({ id, mesh }) => `${mesh} ${cells.get(id)}`)).size).toBe(list.length);
        expect(Math.max(-1, ...cells.values())).toBeLessThan(book.capacity);
        before = cells;
      }
      book.arrange([]);
      expect(book.size).toBe(0);
    }),
  );
});

test("the same nodes seen afresh, in any order, have the same cells", () => {
  const expected = new CellBook().arrange(nodes(range(30)));
  fc.assert(
    fc.property(fc.shuffledSubarray(range(30), { minLength: 30 }), (order) => {
      expect(new CellBook().arrange(nodes(order))).toEqual(expected);
    }),
  );
});

test.each([
  [2, 100, 904, 560],
  [2, 500, 904, 560],
  [2, 500, 358, 420],
  [7, 150, 1_540, 800],
])(
  "%i meshes of %i nodes on %i × %i px: no two cells overlap, a point finds its own",
  (meshes, count, width, height) => {
    const names = range(meshes).map((at) => `m${at}`);
    const grid = fieldGrid(names, count, width, height);
    expect(grid.width).toBeLessThanOrEqual(width);
    expect(grid.cellWidth).toBeGreaterThanOrEqual(grid.cell);
    const seen = new Set<string>();
    for (const lane of grid.lanes)
      for (const cell of range(count)) {
        const point = cellPoint(grid, lane, cell);
        expect(point.x - grid.cellWidth / 2).toBeGreaterThanOrEqual(lane.x);
        expect(point.x + grid.cellWidth / 2).toBeLessThanOrEqual(lane.x + lane.width);
        expect(point.y + grid.cell / 2).toBeLessThanOrEqual(lane.y + lane.height);
        expect(cellAt(grid, point)).toEqual({ mesh: lane.mesh, cell });
        seen.add(`${point.x} ${point.y}`);
      }
    expect(seen.size).toBe(meshes * count);
  },
);

test("what is under the pointer stays there while one comes nearer, and the field never leaves the frame", () => {
  const [field, frame] = [
    { width: 1_600, height: 1_200 },
    { width: 800, height: 600 },
  ];
  const move = fc.oneof(
    fc.record({ factor: fc.double({ min: 0.2, max: 5, noNaN: true }), x: fc.nat(800), y: fc.nat(600) }),
    fc.record({ byX: fc.integer({ min: -3_000, max: 3_000 }), byY: fc.integer({ min: -3_000, max: 3_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(move, { maxLength: 20 }), (moves) => {
      let camera = fitted(field, frame);
      for (const step of moves)
        camera =
          "factor" in step
            ? zoomed(camera, step.factor, step, field, frame)
            : panned(camera, step.byX, step.byY, field, frame);
      expect(camera.scale).toBeGreaterThanOrEqual(0.5);
      expect(camera.scale).toBeLessThanOrEqual(6);
      expect(camera.dx).toBeLessThanOrEqual(frame.width - 80);
      expect(camera.dx + field.width * camera.scale).toBeGreaterThanOrEqual(80);
    }),
  );
  const camera = { scale: 1, dx: -200, dy: -100 };
  const at = { x: 300, y: 200 };
  const [before, after] = [toField(camera, at), toField(zoomed(camera, 1.5, at, field, frame), at)];
  expect(after.x).toBeCloseTo(before.x, 6);
  expect(after.y).toBeCloseTo(before.y, 6);
  const shown = showing(camera, { x: 1_500, y: 1_100 }, field, frame);
  expect(1_500 + shown.dx).toBeLessThanOrEqual(740);
  expect(1_100 + shown.dy).toBeLessThanOrEqual(540);
});
