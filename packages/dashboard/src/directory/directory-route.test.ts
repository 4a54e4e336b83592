import { expect, test } from "vitest";
import { parseRoute } from "../state/route.js";
import { directoryChoice, directoryHash } from "./directory-route.js";

const OWN = "m1.console.c0";

test.each([
  { as: null, with: null },
  { as: "m1.broker.a1", with: null },
  { as: "m1.broker.a1", with: "m2.broker.b2" },
  { as: null, with: "m2.broker.b2" },
  { as: "m1.broker.a1", with: OWN },
])("%o is found again in its address", (choice) => {
  expect(directoryChoice(parseRoute(directoryHash(choice)).item, OWN)).toEqual(choice);
});

test("the console's own name means its own directory, which is not asked for over the mesh", () => {
  expect(directoryChoice(OWN, OWN)).toEqual({ as: null, with: null });
});
