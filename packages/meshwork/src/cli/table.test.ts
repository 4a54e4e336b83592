import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bytes, cores, duration, memory, number } from "./format.js";
import { pairs, table, visibleLength } from "./table.js";

const columns = [
  { title: "NAME", cell: (row: readonly string[]) => row[0] ?? "" },
  { title: "N", cell: (row: readonly string[]) => row[1] ?? "", align: "right" as const },
];

test("columns are as wide as their widest cell, figures to the right", () => {
  expect(
    table(columns, [
      ["a", "1"],
      ["longer", "1000"],
    ]),
  ).toBe("NAME       N\na          1\nlonger  1000\n");
});

test("colour takes no width and a line is cut to the terminal", () => {
  const red = "\u001b[31mred\u001b[39m";
  expect(visibleLength(red)).toBe(3);
  expect(table(columns, [[red, "1"]])).toBe(`NAME  N\n${red}   1\n`);
  expect(table(columns, [["a very long name", "1"]], 8)).toBe("NAME   …\na very …\n");
});

test("whatever a cell holds, it stays on its line and moves no cursor", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ unit: "binary", maxLength: 12 }), fc.string({ maxLength: 4 })), { maxLength: 5 }),
      (rows) => {
        const lines = table(columns, rows).split("\n");
        expect(lines).toHaveLength(rows.length + 2);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
        for (const line of lines) expect(line).not.toMatch(/[\u0000-\u001a\u001c-\u001f\u007f]|\u001b(?!\[[0-9;]*m)/);
      },
    ),
  );
});

test("pairs line up", () => {
  expect(
    pairs([
      ["a", "1"],
      ["long", "2"],
    ]),
  ).toBe("a     1\nlong  2\n");
});

test.each([
  [duration(0.4), "0.40 ms"],
  [duration(12.3), "12 ms"],
  [duration(1_500), "1.5 s"],
  [duration(61_000), "1 min 1 s"],
  [duration(3_660_000), "1 h 1 min"],
  [duration(null), "-"],
  [bytes(1_023), "1023 B"],
  [bytes(2_048), "2.0 KiB"],
  [bytes(2_147_483_648), "2.0 GiB"],
  [bytes(undefined), "-"],
  [cores(0.0042, 4), "0.004/4"],
  [cores(null, 4), "-"],
  [memory(52_428_800, null), "50 MiB"],
  [number(null), "-"],
  [number(0), "0"],
])("%s", (shown, expected) => expect(shown).toBe(expected));
