import fc from "fast-check";
import { expect, test } from "vitest";
import { parseRoute, routeHash, TABS } from "./route.js";

test("what a link says is what is read, whatever the item", () => {
  fc.assert(
    fc.property(fc.constantFrom(...TABS), fc.option(fc.string({ minLength: 1, unit: "grapheme" })), (tab, item) => {
      expect(parseRoute(routeHash(tab, item))).toEqual({ tab, item });
    }),
  );
});

test.each(["", "#", "#/", "#/no-such-view", "#token=abc", "#/constructor"])("%j is the first view", (hash) => {
  expect(parseRoute(hash)).toEqual({ tab: "topology", item: null });
});

test("an item that cannot be decoded is none", () => {
  expect(parseRoute("#/nodes/%E0%A4%A")).toEqual({ tab: "nodes", item: null });
});
