import { expect, test } from "vitest";
import { backOffMs } from "./back-off.js";
import { connectionState, STALE_AFTER_MS } from "./connection.js";

const waiting = { phase: "waiting", attempt: 1, retryAtMs: 0, reason: "" } as const;
const open = { phase: "open" } as const;

test.each([
  [{ phase: "connecting", attempt: 0 } as const, null, 0, "connecting"],
  [waiting, null, 60_000, "connecting"],
  [open, 1_000, 1_000 + STALE_AFTER_MS, "live"],
  [open, 1_000, 1_001 + STALE_AFTER_MS, "stale"],
  [waiting, 1_000, 3_000, "reconnecting"],
  [waiting, 1_000, 1_001 + STALE_AFTER_MS, "stale"],
  [{ phase: "refused", status: 401, message: "" } as const, 1_000, 1_000, "refused"],
])("%j, last event at %s, now %s: %s", (phase, lastEventAtMs, nowMs, state) => {
  expect(connectionState(phase, lastEventAtMs, nowMs)).toBe(state);
});

test("waits double from 0.25 s to 5 s and vary by a fifth", () => {
  expect([0, 1, 2, 3, 4, 5, 6, 900].map((attempt) => backOffMs(attempt, 0.5))).toEqual([
    250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000,
  ]);
  expect([backOffMs(2, 0), backOffMs(2, 1)]).toEqual([800, 1_200]);
});
