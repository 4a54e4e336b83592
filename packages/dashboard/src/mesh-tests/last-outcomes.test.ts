import { expect, test } from "vitest";
import { lastOutcomes } from "./last-outcomes.js";

const result = (name: string, outcome: "passed" | "failed") => ({ name, outcome, detail: "", reasons: [], tookMs: 1 });

test("the newest run that has the test decides", () => {
  const runs = [
    { results: [result("a", "failed")] },
    { results: [result("a", "passed"), result("b", "passed")] },
    { results: [result("b", "failed")] },
  ];
  expect([...lastOutcomes(runs)].sort()).toEqual([
    ["a", "failed"],
    ["b", "passed"],
  ]);
  expect(lastOutcomes([]).get("a")).toBeUndefined();
});
