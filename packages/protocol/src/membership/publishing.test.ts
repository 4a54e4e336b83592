import fc from "fast-check";
import { expect, test } from "vitest";
import { LOAD_CLASS_INTERVAL_MS, Publisher, type PublisherEvent } from "./publishing.js";

const steady = (stalenessMs?: number) => new Publisher({ random: () => 0.5, stalenessMs });

function booted(): Publisher {
  const publisher = steady();
  expect(publisher.handle({ kind: "boot" }, 0)).toEqual({ publish: "boot", nextAtMs: 30_000 });
  return publisher;
}

test("nothing goes out before boot and after leaving", () => {
  const publisher = steady();
  const silent = { nextAtMs: Number.POSITIVE_INFINITY };
  expect(publisher.handle({ kind: "changed" }, 0)).toEqual(silent);
  expect(publisher.handle({ kind: "tick" }, 1e9)).toEqual(silent);
  publisher.handle({ kind: "boot" }, 1e9);
  expect(publisher.handle({ kind: "leaving" }, 1e9)).toEqual({ publish: "leave", ...silent });
  expect(publisher.handle({ kind: "leaving" }, 2e9)).toEqual(silent);
  expect(publisher.handle({ kind: "changed" }, 3e9)).toEqual(silent);
  expect(publisher.handle({ kind: "boot" }, 3e9)).toEqual(silent);
});

test("the first change after a quiet time goes out at once, the next ones together at the end of the interval", () => {
  const publisher = booted();
  expect(publisher.handle({ kind: "changed" }, 10_000).publish).toBe("change");
  expect(publisher.handle({ kind: "changed" }, 10_500)).toEqual({ nextAtMs: 12_000 });
  expect(publisher.handle({ kind: "changed" }, 11_000)).toEqual({ nextAtMs: 12_000 });
  expect(publisher.handle({ kind: "tick" }, 11_999)).toEqual({ nextAtMs: 12_000 });
  expect(publisher.handle({ kind: "tick" }, 12_000)).toEqual({ publish: "change", nextAtMs: 42_000 });
  expect(publisher.handle({ kind: "tick" }, 14_000)).toEqual({ nextAtMs: 42_000 });
});

test("a refresh holds up no change", () => {
  const publisher = booted();
  expect(publisher.handle({ kind: "tick" }, 30_000).publish).toBe("refresh");
  expect(publisher.handle({ kind: "changed" }, 30_001).publish).toBe("change");
});

test("a change of load class goes out once a minute, and rides along for nothing", () => {
  const publisher = steady();
  publisher.handle({ kind: "load-class", loadClass: "idle" }, 0);
  publisher.handle({ kind: "boot" }, 0);
  expect(publisher.handle({ kind: "load-class", loadClass: "idle" }, 1_000).publish).toBeUndefined();
  expect(publisher.handle({ kind: "load-class", loadClass: "high" }, 2_000).publish).toBe("load-class");
  expect(publisher.handle({ kind: "load-class", loadClass: "full" }, 3_000)).toEqual({ nextAtMs: 32_000 });
  // The refresh at 32 s carries it, so that nothing is left to say at 62 s.
  expect(publisher.handle({ kind: "tick" }, 32_000).publish).toBe("refresh");
  expect(publisher.handle({ kind: "tick" }, 61_999)).toEqual({ nextAtMs: 62_000 });
  expect(publisher.handle({ kind: "tick" }, 62_000).publish).toBe("refresh");
  // There and back within the minute is no news either.
  publisher.handle({ kind: "load-class", loadClass: "high" }, 63_000);
  expect(publisher.handle({ kind: "load-class", loadClass: "idle" }, 63_500).publish).toBeUndefined();
  expect(publisher.handle({ kind: "load-class", loadClass: "full" }, 64_000).publish).toBeUndefined();
});

test("the interval follows the size of the mesh, but the promise of the last record is kept", () => {
  const publisher = booted();
  publisher.handle({ kind: "live", members: 1_000 }, 1_000);
  expect(publisher.refreshIntervalMs).toBe(4_000_000);
  expect(publisher.handle({ kind: "tick" }, 30_000)).toEqual({ publish: "refresh", nextAtMs: 30_000 + 4_000_000 });
  expect(publisher.handle({ kind: "live", members: 10 }, 50_000)).toEqual({ nextAtMs: 70_000 });
});

test("a staleness bound is refreshed three times over", () => {
  const publisher = steady(9_000);
  expect(publisher.handle({ kind: "boot" }, 0)).toEqual({ publish: "boot", nextAtMs: 3_000 });
});

test("whatever happens: refreshes keep the declared interval, changes and load classes keep their distance", () => {
  const event: fc.Arbitrary<PublisherEvent> = fc.oneof(
    fc.constant<PublisherEvent>({ kind: "changed" }),
    fc.constant<PublisherEvent>({ kind: "tick" }),
    fc.nat(500).map<PublisherEvent>((members) => ({ kind: "live", members })),
    fc
      .constantFrom("idle", "normal", "high", "full")
      .map<PublisherEvent>((loadClass) => ({ kind: "load-class", loadClass })),
  );
  const steps = fc.array(fc.tuple(fc.nat(40_000), event), { maxLength: 80 });
  const randoms = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }));
  fc.assert(
    fc.property(steps, randoms, (script, random) => {
      const publisher = new Publisher({ random: () => random.next().value ?? 0 });
      let nowMs = 0;
      let { nextAtMs } = publisher.handle({ kind: "boot" }, nowMs);
      let publishedAtMs = 0;
      let declaredMs = publisher.refreshIntervalMs;
      const lastMs = { change: Number.NEGATIVE_INFINITY, "load-class": Number.NEGATIVE_INFINITY };
      const hand = (what: PublisherEvent) => {
        const decision = publisher.handle(what, nowMs);
        nextAtMs = decision.nextAtMs;
        expect(nextAtMs).toBeGreaterThan(nowMs);
        if (decision.publish === undefined) return;
        expect(nowMs - publishedAtMs).toBeLessThanOrEqual(declaredMs * 1.1 + 1);
        if (decision.publish === "refresh") expect(nowMs - publishedAtMs).toBeGreaterThanOrEqual(27_000 - 1);
        if (decision.publish === "change" || decision.publish === "load-class") {
          const gapMs = decision.publish === "change" ? 2_000 : LOAD_CLASS_INTERVAL_MS;
          expect(nowMs - lastMs[decision.publish]).toBeGreaterThanOrEqual(gapMs);
          lastMs[decision.publish] = nowMs;
        }
        publishedAtMs = nowMs;
        declaredMs = publisher.refreshIntervalMs;
      };
      for (const [waitMs, what] of script) {
        const untilMs = nowMs + waitMs;
        while (nextAtMs <= untilMs) {
          nowMs = nextAtMs;
          hand({ kind: "tick" });
        }
        nowMs = untilMs;
        hand(what);
      }
    }),
  );
});
