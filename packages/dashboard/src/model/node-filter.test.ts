import type { NodeView } from "@meshwork/console/api-types";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fits, isFiltering, NO_FILTER, parseFilter, withFilter } from "./node-filter.js";

const node = {
  ...{ name: "mesh1.broker.a1b2c3", mesh: "mesh1", type: "broker", id: "a1b2c3".padEnd(64, "0"), live: true },
  ...{ state: "alive", observers: [], location: "127.0.0.1:4001" },
} as unknown as NodeView;

test("what an address says is what was filtered for, and what else it says stays", () => {
  const word = fc.string({ maxLength: 40, unit: "grapheme" });
  fc.assert(
    fc.property(fc.record({ text: word, mesh: word, type: word, state: word }), (filter) => {
      const search = withFilter("?other=1", filter);
      expect(parseFilter(search)).toEqual(filter);
      expect(new URLSearchParams(search).get("other")).toBe("1");
    }),
  );
  expect(withFilter("?q=x", NO_FILTER)).toBe("");
});

test.each([
  [{ text: "BROKER a1b2" }, true],
  [{ text: "4001" }, true],
  [{ text: "broker zzz" }, false],
  [{ mesh: "mesh1", type: "broker", state: "live" }, true],
  [{ mesh: "mesh2" }, false],
  [{ type: "gateway" }, false],
  [{ state: "dead" }, false],
])("%j fits: %s", (parts, expected) => {
  expect(fits({ ...NO_FILTER, ...parts }, node)).toBe(expected);
  expect(isFiltering({ ...NO_FILTER, ...parts })).toBe(true);
});

test("spaces alone filter nothing", () => {
  expect(isFiltering({ ...NO_FILTER, text: "  " })).toBe(false);
  expect(fits({ ...NO_FILTER, text: "  " }, node)).toBe(true);
});
