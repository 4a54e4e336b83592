import type { NodeView } from "@meshwork/console/api-types";
import { expect, test } from "vitest";
import { consumersOf, standOf } from "./consumers.js";

const peer = { id: "p", name: null };
const node = (key: string, parts: Partial<NodeView> = {}) =>
  ({
    ...{ key, mesh: "mesh1", live: true, activeViews: { mesh1: [peer] }, cpuUsedCores: 0.1, ramUsedBytes: 100 },
    ...parts,
  }) as NodeView;

test("the top consumer without a peer is told from others without one and from a top consumer that has some", () => {
  const consumers = consumersOf([
    node("busy", { cpuUsedCores: 0.9, activeViews: { mesh1: [] } }),
    node("quiet", { activeViews: { mesh1: [], mesh2: [peer] } }),
    node("large", { ramUsedBytes: 500 }),
    node("usual"),
  ]);
  expect(["busy", "quiet", "large", "usual"].map((key) => standOf(consumers, key))).toEqual([
    "lonely",
    "alone",
    "top",
    null,
  ]);
});

test("who has told nothing, is gone, or is the only one of its mesh is not alone", () => {
  const { alone } = consumersOf([
    node("a", { activeViews: null }),
    node("b", { live: false, activeViews: { mesh1: [] } }),
    node("c", { mesh: "mesh9", activeViews: { mesh9: [] } }),
  ]);
  expect([...alone]).toEqual([]);
});

test("among idle nodes none is the top consumer of CPU", () => {
  expect(consumersOf([node("a", { cpuUsedCores: 0.09 }), node("b", { cpuUsedCores: null })]).topCpu).toBeNull();
});
