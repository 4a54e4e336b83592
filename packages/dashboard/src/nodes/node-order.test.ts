import type { LinkView, NodeView } from "@meshwork/console/api-types";
import { expect, test } from "vitest";
import { orderRows, orderText, parseOrder } from "./node-order.js";

const row = (key: string, parts: Partial<NodeView>) => ({
  value: {
    ...{ key, id: key, name: key, mesh: "m", type: "t", statsAgeMs: 0, live: true, uptimeMs: 1, cpuUsedCores: null },
    ...parts,
  } as NodeView,
  receivedAtMs: 0,
});

test("an order is written into the address and read from it; anything else is the usual one", () => {
  for (const text of ["-cpu", "links", "-age"]) expect(orderText(parseOrder(text)!)).toBe(text);
  for (const text of ["", "-", "price", "--cpu"]) expect(parseOrder(text)).toBeNull();
});

test("the unknown come last, whichever way, and equals keep the usual order", () => {
  const rows = [
    row("a", {}),
    row("b", { cpuUsedCores: 1 }),
    row("c", { cpuUsedCores: 2 }),
    row("d", { cpuUsedCores: 1 }),
  ];
  const keys = (text: string) =>
    orderRows(rows, parseOrder(text), new Map(), 0)
      .map(({ value }) => value.key)
      .join("");
  expect(keys("-cpu")).toBe("cbda");
  expect(keys("cpu")).toBe("bdca");
  expect(keys("")).toBe("abcd");
});

test("links are counted where a node has told them", () => {
  const rows = [row("a", {}), row("b", {}), row("c", { statsAgeMs: null })];
  const links = new Map([["b", [{} as LinkView]]]);
  expect(orderRows(rows, parseOrder("-links"), links, 0).map(({ value }) => value.key)).toEqual(["b", "a", "c"]);
});
