import fc from "fast-check";
import { expect, test } from "vitest";
import { nextLoadClass } from "./load-class.js";
import type { LoadClass } from "./types.js";

test.each<[number | undefined, number | undefined, LoadClass | undefined, LoadClass]>([
  [0, 0, undefined, "idle"],
  [0.24, 0.1, undefined, "idle"],
  [0.25, 0, undefined, "normal"],
  [0.1, 0.7, undefined, "high"],
  [0.95, 0.1, undefined, "full"],
  [3, 0, "idle", "full"],
  // Held inside the band, left below it.
  [0.2, 0, "normal", "normal"],
  [0.2, 0, "idle", "idle"],
  [0.14, 0, "normal", "idle"],
  [0.65, 0, "high", "high"],
  [0.65, 0, "normal", "normal"],
  [0.59, 0, "high", "normal"],
  [0.86, 0, "full", "full"],
  [0.84, 0, "full", "high"],
  [0, 0, "full", "idle"],
  // One figure is enough; none changes nothing.
  [undefined, 0.8, "idle", "high"],
  [0.8, undefined, "idle", "high"],
  [undefined, undefined, "high", "high"],
  [undefined, undefined, undefined, "normal"],
])("cpu %s, ram %s, was %s: %s", (cpu, ram, previous, expected) => {
  expect(nextLoadClass(cpu, ram, previous)).toBe(expected);
});

test("a share that swings by less than a tenth settles on one class", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.array(fc.double({ min: -0.049, max: 0.049, noNaN: true })),
      (share, swings) => {
        let current = nextLoadClass(share, 0, undefined);
        let changes = 0;
        for (const swing of swings) {
          const next = nextLoadClass(share + swing, 0, current);
          if (next !== current) changes++;
          current = next;
        }
        expect(changes).toBeLessThanOrEqual(1);
      },
    ),
  );
});
