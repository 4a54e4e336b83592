import * as fc from "fast-check";
import { expect, test } from "vitest";
import { drawBar, waterfall } from "./waterfall.js";

const plain = { columns: 80, bar: (text: string) => text };
const row = { node: "m.t.abcdef", depth: 0, error: false, note: "" };

test("bars share one time axis and children are indented", () => {
  const drawn = waterfall(
    [
      { ...row, label: "root", offsetMs: 0, durationMs: 10 },
      { ...row, label: "child", depth: 1, offsetMs: 5, durationMs: 5, note: "late" },
    ],
    plain,
  );
  const [first = "", second = ""] = drawn.split("\n");
  expect(first.startsWith("root   ")).toBe(true);
  expect(second.startsWith("  child")).toBe(true);
  expect(first.endsWith("10 ms")).toBe(true);
  expect(second.endsWith("5.00 ms  late")).toBe(true);
  const full = [...first].filter((character) => character === "█").length;
  expect([...second].filter((character) => character === "█").length).toBe(full / 2);
  expect(second.lastIndexOf("█")).toBe(first.lastIndexOf("█"));
});

test("errors are painted as errors", () => {
  const bar = (text: string, error: boolean) => (error ? `<${text}>` : text);
  expect(waterfall([{ ...row, label: "x", error: true, offsetMs: 0, durationMs: 1 }], { ...plain, bar })).toContain(
    "<█",
  );
});

test("a trace of no spans, and one of no length, are drawn too", () => {
  expect(waterfall([], plain)).toBe("\n");
  expect(waterfall([{ ...row, label: "x", offsetMs: 0, durationMs: 0 }], plain)).toContain("▏");
});

test("any bar fills its cells exactly and shows at least a mark", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e7, noNaN: true }),
      fc.double({ min: 0, max: 1e7, noNaN: true }),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      fc.integer({ min: 1, max: 80 }),
      (offsetMs, durationMs, restMs, cells) => {
        const { blank, filled, rest } = drawBar(offsetMs, durationMs, offsetMs + durationMs + restMs, cells);
        expect(blank.length + [...filled].length + rest).toBe(cells);
        expect(rest).toBeGreaterThanOrEqual(0);
        expect([...filled].length).toBeGreaterThanOrEqual(1);
      },
    ),
    // Shorter than any time that can be divided by.
    { examples: [[0, 0, 5e-324, 1]] },
  );
});
