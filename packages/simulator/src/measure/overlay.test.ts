import { expect, test } from "vitest";
import { Random } from "../core/random.js";
import { BroadcastStat, quantile, summarize } from "./broadcast.js";
import {
  clustering,
  components,
  inDegrees,
  isolated,
  type OverlayGraph,
  oneSidedLinks,
  pathLengths,
  viewFill,
} from "./overlay.js";

/** 0-1-2 a triangle, 2-3 a tail, 4 believes in 3, 5 points at 9, which is down. */
const graph: OverlayGraph = {
  members: [0, 1, 2, 3, 4, 5],
  views: new Map([
    [0, [1, 2]],
    [1, [0, 2]],
    [2, [0, 1, 3]],
    [3, [2]],
    [4, [3]],
    [5, [9]],
  ]),
};

test("parts, the lonely and one-sided links count only what both ends know", () => {
  expect(components(graph)).toEqual([4, 1, 1]);
  expect(isolated(graph)).toBe(2);
  expect(oneSidedLinks(graph)).toEqual(["4>3", "5>9"]);
});

test("fill, in-degrees, clustering and paths", () => {
  expect(viewFill(graph, 3)).toEqual({ full: 1 / 6, mean: 10 / 6 });
  expect(inDegrees(graph)).toEqual([2, 0, 3, 1]);
  // Two corners of the triangle have 1, the third has one of its three pairs.
  expect(clustering(graph)).toBeCloseTo((1 + 1 + 1 / 3) / 6);
  const { mean, longest } = pathLengths(graph, 6, new Random(1));
  expect([mean, longest]).toEqual([(2 * (3 * 1 + 1 + 2 * 2)) / 12, 2]);
});

test("a broadcast counts first deliveries, and payloads above them as redundancy", () => {
  const stat = new BroadcastStat(0, 100);
  expect([
    stat.delivered(1, 1, 110),
    stat.delivered(2, 2, 130),
    stat.delivered(1, 3, 140),
    stat.delivered(0, 1, 150),
  ]).toEqual([true, true, false, false]);
  stat.payloads = 5;
  expect([stat.deliveries, stat.lastDeliveryHop, stat.durationMs, stat.relativeMessageRedundancy]).toEqual([
    2, 2, 30, 1.5,
  ]);
});

test("summaries", () => {
  expect(summarize([4, 1, 3])).toEqual({ mean: 8 / 3, median: 3, min: 1, max: 4 });
  expect(summarize([])).toEqual({ mean: 0, median: 0, min: 0, max: 0 });
  expect(quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9)).toBe(9);
});
