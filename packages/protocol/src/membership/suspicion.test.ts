import fc from "fast-check";
import { expect, test } from "vitest";
import { HEALING_MS, healthFactor, LATE_MS, LocalHealth } from "./local-health.js";
import {
  DEAD_AFTER_MS,
  nextRoundInMs,
  SUSPECT_AFTER_MS,
  Suspicion,
  silenceDeadlines,
  WITNESS_FRESH_MS,
} from "./suspicion.js";
import { testId } from "./testing/records.js";

test.each([
  [0, 1, 1_500, 3_700],
  [1_000, 1, 2_500, 4_700],
  [0, 1.5, 2_250, 5_550],
  [0, 3, 4_500, 11_100],
  // Nothing shortens.
  [0, 0.1, 1_500, 3_700],
])("silence since %i at health factor %f: suspected at %i, dead at %i", (lifeAtMs, factor, suspectAtMs, deadAtMs) => {
  const deadlines = silenceDeadlines(lifeAtMs, factor);
  expect(deadlines.suspectAtMs).toBeCloseTo(suspectAtMs);
  expect(deadlines.deadAtMs).toBeCloseTo(deadAtMs);
});

test.each([
  [-2_000, 400],
  [0, 400],
  [2_000, 1_000],
  [60_000, 5_000],
])("%i ms past the time-out the next round is %i ms away", (pastMs, expectedMs) => {
  expect(nextRoundInMs(pastMs)).toBe(expectedMs);
});

test("a witness counts while it is fresh, the latest first, and as far as its version is accepted", () => {
  const suspicion = new Suspicion(0, 1_500);
  const signature = new Uint8Array(64);
  const unreached = (sequence: number) => ({ outcome: "unreached", generation: 1, sequence, signature }) as const;
  suspicion.unreachedBy(testId(1), unreached(1), 2_000);
  suspicion.unreachedBy(testId(2), unreached(2), 2_500);
  expect(suspicion.witness(2_500, () => true)?.id).toBe(testId(2));
  expect(suspicion.witness(2_500, (seen) => seen.sequence === 1)?.id).toBe(testId(1));
  expect(suspicion.witness(2_500 + WITNESS_FRESH_MS + 1, () => true)).toBeUndefined();
  for (let number = 0; number < 100; number++) suspicion.unreachedBy(testId(number), unreached(1), 3_000);
  expect(suspicion.witness(3_000, () => true)?.id).toBe(testId(99));
  suspicion.forgetWitnesses();
  expect(suspicion.witness(3_000, () => true)).toBeUndefined();
});

test("one standstill that two machines notice counts once, the next one again", () => {
  const health = new LocalHealth();
  health.late(10_000, DEAD_AFTER_MS);
  health.late(10_040, DEAD_AFTER_MS);
  expect(health.score(10_040)).toBe(1);
  health.late(13_000, DEAD_AFTER_MS);
  expect(health.score(13_000)).toBe(2);
});

test("whatever happens, ill health only lengthens, is bounded, and heals", () => {
  const sign = fc.record({ kind: fc.constantFrom("late", "accused"), waitMs: fc.nat(30_000) });
  fc.assert(
    fc.property(fc.array(sign, { maxLength: 40 }), (signs) => {
      const health = new LocalHealth();
      let nowMs = 0;
      for (const { kind, waitMs } of signs) {
        nowMs += waitMs;
        if (kind === "late") {
          health.late(nowMs, DEAD_AFTER_MS);
          expect(health.mayAccuse(nowMs + DEAD_AFTER_MS - 1)).toBe(false);
        } else health.accused(nowMs);
        const factor = health.factor(nowMs);
        expect(factor).toBeGreaterThan(1);
        expect(factor).toBeLessThanOrEqual(healthFactor(99));
        expect(silenceDeadlines(nowMs, factor).suspectAtMs).toBeGreaterThan(nowMs + SUSPECT_AFTER_MS);
      }
      expect(health.factor(nowMs + 4 * HEALING_MS)).toBe(1);
      expect(health.mayAccuse(nowMs + 4 * HEALING_MS)).toBe(true);
    }),
  );
  expect(new LocalHealth().isLate(1_000, 1_000 + LATE_MS)).toBe(false);
  expect(new LocalHealth().isLate(1_000, 1_001 + LATE_MS)).toBe(true);
  expect(new LocalHealth().isLate(Number.POSITIVE_INFINITY, 1e9)).toBe(false);
});
