import { expect, test } from "vitest";
import { Republishing } from "./republishing.js";

test("a refutation is due at once, the next half a second after it went out, and the earliest reason counts", () => {
  const republishing = new Republishing();
  expect(republishing.dueAtMs).toBe(Number.POSITIVE_INFINITY);
  republishing.within(3_000, 1_000);
  republishing.refute(2_000);
  expect(republishing.dueAtMs).toBe(2_000);
  republishing.done(2_000);
  expect(republishing.dueAtMs).toBe(Number.POSITIVE_INFINITY);
  republishing.refute(2_100);
  expect(republishing.dueAtMs).toBe(2_500);
  republishing.within(1_000, 2_200);
  expect(republishing.dueAtMs).toBe(2_500);
});
