import type { SeenView } from "@meshwork/console/api-types";
import { expect, test } from "vitest";
import { isSeenByAll, othersText, seenSoFar, seenText } from "./outcome.js";

const view = (by: readonly (readonly [string, string, number | null])[], unanswered: string[] = []): SeenView => ({
  ...{ name: "m.broker.x", members: by.length + unanswered.length, asked: by.length + unanswered.length, unanswered },
  by: by.map(([observer, state, stateAgeMs]) => ({ observer, state, stateAgeMs })),
});

test("a kill is seen when all say dead; the time is that of the last to see it", () => {
  const soFar = seenSoFar(
    "kill",
    view([
      ["a", "dead", 1_100],
      ["b", "dead", 400],
    ]),
    4_300,
  );
  expect(seenText("kill", soFar)).toBe("seen dead by 2 of 2 after 3.9 s");
  expect(isSeenByAll(soFar)).toBe(true);
});

test("who sees something else is named, and who does not answer counts among the asked", () => {
  const soFar = seenSoFar(
    "kill",
    view(
      [
        ["a", "dead", 100],
        ["b", "suspected", 900],
        ["c", "alive", 9_000],
      ],
      ["d"],
    ),
    2_000,
  );
  expect(seenText("kill", soFar)).toBe("seen dead by 1 of 4 after 1.9 s");
  expect(othersText(soFar)).toBe("suspected for b; alive for c; no answer from d");
  expect(isSeenByAll(soFar)).toBe(false);
});

test("a restarted node is back when it is held for alive since then, not since before", () => {
  const answers = view([
    ["a", "alive", 90_000],
    ["b", "alive", 300],
  ]);
  expect(seenText("restart", seenSoFar("restart", answers, 1_000))).toBe("seen alive again by 1 of 2 after 0.7 s");
  expect(seenText("thaw", seenSoFar("thaw", answers, 1_000))).toContain("by 2 of 2");
});

test("without others to ask nothing is claimed", () => {
  const soFar = seenSoFar("stop", view([]), 10);
  expect(isSeenByAll(soFar)).toBe(false);
  expect(seenText("stop", soFar)).toBe("there is no other member of its mesh to ask");
});
