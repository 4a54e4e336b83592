import type { ServiceGraph } from "@meshwork/console/api-types";
import { expect, test } from "vitest";
import { crossFlows, meshFlows } from "./flows.js";
import { roleOf, usualDegree } from "./role.js";

const edge = (from: string, to: string, callsPerMinute: number | null, ageMs = 0) => ({
  ...{ key: `${from}>${to}`, from, to, calls: 5, errors: 0, ageMs, callsPerMinute },
});
const graph = (...nodeEdges: ReturnType<typeof edge>[]) => ({
  value: { nodeEdges } as unknown as ServiceGraph,
  receivedAtMs: 0,
});

test("flows are calls between meshes of the last minute; a sum is unknown where a part of it is", () => {
  const services = graph(
    edge("m1.g.1", "m2.b.1", 10),
    edge("m1.g.1", "m2.b.2", 5),
    edge("m2.g.1", "m1.b.1", null),
    edge("m2.g.1", "m1.b.2", 7),
    edge("m1.g.1", "m1.b.1", 99),
    edge("m1.g.9", "m2.b.9", 3, 61_000),
  );
  const flows = crossFlows(services, 0);
  expect(flows.map(({ key }) => key)).toEqual(["m1.g.1>m2.b.1", "m1.g.1>m2.b.2", "m2.g.1>m1.b.1", "m2.g.1>m1.b.2"]);
  expect(meshFlows(flows)).toEqual([
    { fromMesh: "m1", toMesh: "m2", perMinute: 15 },
    { fromMesh: "m2", toMesh: "m1", perMinute: null },
  ]);
  expect(crossFlows(services, 60_001)).toEqual([]);
});

test("a hub has many more links than the usual node, a leaf has one", () => {
  const usual = usualDegree([0, 4, 5, 5, 5, 12, 1]);
  expect(usual).toBe(5);
  expect([0, 1, 5, 7, 8, 12].map((degree) => roleOf(degree, usual))).toEqual([
    ...["alone", "leaf", "usual", "usual", "hub", "hub"],
  ]);
  expect([0, 1, 2].map((degree) => roleOf(degree, 2))).toEqual(["alone", "usual", "usual"]);
  expect(roleOf(0, usualDegree([]))).toBe("usual");
});
