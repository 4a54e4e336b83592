import type { NodeView } from "@meshwork/console/api-types";
import { expect, test } from "vitest";
import { DRAWN, targetsOf, targetText } from "./targets.js";

const node = (name: string, process: object | null, live = true) =>
  ({ name, type: name.split(".")[1], live, process }) as unknown as NodeView;

test("only live nodes with a process of their own under this launcher can be hit, and not the console", () => {
  const own = { supervised: true, shared: false };
  const nodes = [
    node("mesh1.broker.bbbbbb", own),
    node("mesh1.broker.aaaaaa", own),
    node("mesh1.gateway.cccccc", own, false),
    node("mesh1.console.dddddd", { supervised: false, shared: false }),
    node("mesh1.compute.eeeeee", { supervised: true, shared: true }),
    node("mesh1.registry.ffffff", null),
  ];
  expect(targetsOf(nodes)).toEqual({ types: ["broker"], names: ["mesh1.broker.aaaaaa", "mesh1.broker.bbbbbb"] });
});

test("the button names what will be hit", () => {
  expect(targetText(DRAWN)).toBe("a node drawn at random");
  expect(targetText("broker")).toBe("any broker");
  expect(targetText("mesh1.broker.aaaaaa")).toBe("mesh1.broker.aaaaaa");
});
