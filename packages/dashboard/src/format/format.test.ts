import { expect, test } from "vitest";
import { ageNow, ageText, briefAgeText } from "./ages.js";
import { byType, displayName, meshClass, shortName, stepName, typeClass } from "./names.js";
import { bytesText, coresText, countText, durationText, rateText, shareOf, UNKNOWN } from "./numbers.js";

test("unknown is a dash everywhere, and never 0", () => {
  for (const text of [countText, rateText, coresText, bytesText, durationText, ageText])
    for (const value of [null, undefined, Number.NaN]) expect(text(value)).toBe(UNKNOWN);
  expect(shareOf(null, 4)).toBeNull();
  expect(shareOf(1, null)).toBeNull();
  expect(shareOf(1, 0)).toBeNull();
  expect(ageNow(null, 0, 5_000)).toBeNull();
});

test.each([
  [countText, 1_000, "1,000"],
  [countText, 0, "0"],
  [rateText, 0, "0"],
  [rateText, 0.02, "0.1"],
  [rateText, 9.94, "9.9"],
  [rateText, 9.96, "10"],
  [rateText, 1_234.4, "1,234"],
  [coresText, 0, "0"],
  [coresText, 0.0004, "<0.001"],
  [coresText, 0.0134, "0.013"],
  [coresText, 1.2, "1.2"],
  [coresText, 4, "4"],
  [bytesText, 0, "0 B"],
  [bytesText, 1_023, "1023 B"],
  [bytesText, 1_024, "1 KiB"],
  [bytesText, 1_048_400, "1 MiB"],
  [bytesText, 77_400_000, "73.8 MiB"],
  [bytesText, 2_147_483_648, "2 GiB"],
  [durationText, 0, "0 ms"],
  [durationText, 0.004, "<0.01 ms"],
  [durationText, 0.314, "0.31 ms"],
  [durationText, 100, "100 ms"],
  [durationText, 5_000, "5 s"],
  [ageText, 0, "<1 s"],
  [ageText, 59_999, "59 s"],
  [ageText, 61_000, "1 min 1 s"],
  [ageText, 3_599_000, "59 min"],
  [ageText, 3_660_000, "1 h 1 min"],
  [ageText, 200 * 3_600_000, "8 d"],
])("%o of %d is %s", (text, value, expected) => {
  expect(text(value)).toBe(expected);
});

test("an age grows with the time since it was received, and never shrinks below what was said", () => {
  expect(ageNow(1_000, 5_000, 8_000)).toBe(4_000);
  expect(ageNow(1_000, 5_000, 4_000)).toBe(1_000);
});

test("names", () => {
  expect(shortName("mesh1.broker.239dc9")).toBe("broker 239dc9");
  expect(shortName("something else")).toBe("something else");
  expect(stepName("mesh.boot.gossip_started")).toBe("gossip started");
  expect(displayName({ name: null, mesh: "m", type: "t", key: "process-1" })).toBe("m.t.? (process-1)");
  expect(["registry", "zebra", "gateway", "ant", "console"].sort(byType)).toEqual([
    "gateway",
    "console",
    "registry",
    "ant",
    "zebra",
  ]);
});

test("a type or mesh of any text never becomes a class of its own", () => {
  expect(typeClass("x chosen")).toBe("type-other");
  expect(meshClass("nowhere", ["a"])).toBe("mesh-none");
});

test.each([
  [400, "<1 s"],
  [93_000, "1 min"],
  [7_400_000, "2 h"],
  [null, "–"],
])("%s ms in brief is %s", (ms, text) => {
  expect(briefAgeText(ms)).toBe(text);
});
