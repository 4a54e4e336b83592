import type { NodeView } from "@meshwork/console/api-types";
import { expect, test } from "vitest";
import {
  drawnRows,
  IN_PICTURE_MS,
  isInPicture,
  MAX_DEPARTED_DRAWN,
  opinionsOf,
  opinionText,
  ringOf,
} from "./member-state.js";

const node = (parts: Partial<NodeView>) =>
  ({ key: "k", mesh: "m1", state: "alive", stateAgeMs: 0, observers: [], ...parts }) as NodeView;
const observer = (name: string, state: string) => ({ observer: name, state, stateAgeMs: 1_000, toldAgeMs: 200 });
const line = (given: NodeView) =>
  opinionsOf(given, "c")
    .map(({ state, by }) => `${opinionText(state)} ${by.map(({ name }) => name).join(", ")}`)
    .join("; ");
const row = (parts: Partial<NodeView>, receivedAtMs = 0) => ({ value: node(parts), receivedAtMs });

test.each([
  [node({}), "alive"],
  [node({ observers: [observer("x", "suspected")] }), "doubted"],
  [node({ observers: [observer("x", "dead")] }), "doubted"],
  [node({ observers: [observer("x", "left")] }), "alive"],
  [node({ state: "suspected", observers: [observer("x", "alive")] }), "suspected"],
  [node({ state: "dead", observers: [observer("x", "suspected")] }), "dead"],
  [null, "unknown"],
])("the ring is the console's own view, and doubt where others have it (%#)", (given, ring) => {
  expect(ringOf(given)).toBe(ring);
});

test("who departed leaves the picture after 15 minutes, also while no message comes", () => {
  const dead = row({ state: "dead", stateAgeMs: IN_PICTURE_MS - 1_000 }, 5_000);
  expect(isInPicture(dead, 5_000)).toBe(true);
  expect(isInPicture(dead, 6_001)).toBe(false);
  expect(isInPicture(row({ stateAgeMs: 10 * IN_PICTURE_MS }), 0)).toBe(true);
  expect(isInPicture(row({ state: "starting", stateAgeMs: 10 * IN_PICTURE_MS }), 0)).toBe(true);
});

test("of many departed the map shows the newest of each mesh, and everybody who lives", () => {
  const gone = Array.from({ length: 40 }, (_, at) =>
    row({ key: `gone-${at}`, mesh: at % 2 === 0 ? "m1" : "m2", state: "left", stateAgeMs: 1_000 * at }),
  );
  const live = Array.from({ length: 40 }, (_, at) => row({ key: `live-${at}` }));
  const keys = drawnRows([...gone, ...live], 0).map(({ value }) => value.key);
  expect(keys.filter((key) => key.startsWith("live"))).toHaveLength(40);
  const shown = keys.filter((key) => key.startsWith("gone"));
  expect(shown).toHaveLength(2 * MAX_DEPARTED_DRAWN);
  expect(shown).toContain("gone-0");
  expect(shown).not.toContain("gone-39");
});

test("where observers disagree, who says what; doubts first; nothing where nobody differs", () => {
  expect(opinionsOf(node({}), "c")).toEqual([]);
  const doubted = node({ observers: [observer("x", "suspected"), observer("y", "dead"), observer("z", "suspected")] });
  expect(line(doubted)).toBe("suspected by x, z; dead for y; alive for c");
  expect(line(node({ state: "suspected", observers: [observer("y", "alive")] }))).toBe("suspected by c; alive for y");
});
