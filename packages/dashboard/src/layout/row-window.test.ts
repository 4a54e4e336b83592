import fc from "fast-check";
import { expect, test } from "vitest";
import { rowWindow } from "./row-window.js";

test("few rows are all drawn", () => {
  expect(rowWindow(120, 30, -5_000, 800)).toEqual({ from: 0, to: 120, abovePx: 0, belowPx: 0 });
});

test("whatever is in sight is drawn, the whole keeps its height, and what is drawn is bounded", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 121, max: 5_000 }),
      fc.integer({ min: 20, max: 200 }),
      fc.integer({ min: -1_000_000, max: 2_000 }),
      fc.integer({ min: 300, max: 3_000 }),
      (count, rowPx, topPx, heightPx) => {
        const { from, to, abovePx, belowPx } = rowWindow(count, rowPx, topPx, heightPx);
        expect(abovePx + (to - from) * rowPx + belowPx).toBe(count * rowPx);
        expect((to - from) * rowPx).toBeLessThanOrEqual(heightPx + 1_200 + 22 * rowPx);
        for (let row = 0; row < count; row += 7) {
          const top = topPx + row * rowPx;
          if (top < heightPx && top + rowPx > 0) expect(row >= from && row < to).toBe(true);
        }
      },
    ),
  );
});
