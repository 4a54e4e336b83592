import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../errors.js";
import {
  decodeTelemetryAnswer,
  decodeTelemetryBatch,
  encodeTelemetryAnswer,
  encodeTelemetryBatch,
  MAX_TELEMETRY_BATCH_BYTES,
  type TelemetryAnswer,
  type TelemetryBatch,
} from "./telemetry.js";

const anyBatch: fc.Arbitrary<TelemetryBatch> = fc.record({
  kind: fc.constantFrom("traces", "metrics"),
  hops: fc.integer({ min: 0, max: 1 }),
  body: fc.uint8Array({ minLength: 1, maxLength: 300 }),
});

test("a batch survives the wire", () => {
  fc.assert(
    fc.property(anyBatch, (batch) => {
      const { kind, hops, body } = decodeTelemetryBatch(encodeTelemetryBatch(batch));
      expect({ kind, hops, body: [...body] }).toEqual({ ...batch, body: [...batch.body] });
    }),
  );
});

test("whatever the bytes are, the decoders return what they may or throw DecodeError", () => {
  const headed = fc
    .tuple(fc.nat(255), fc.nat(255), fc.uint8Array({ maxLength: 64 }))
    .map(([kind, hops, rest]) => Uint8Array.of(kind, hops, ...rest));
  fc.assert(
    fc.property(fc.oneof(headed, fc.uint8Array({ maxLength: 8 })), (bytes) => {
      try {
        const batch = decodeTelemetryBatch(bytes);
        expect(["traces", "metrics"]).toContain(batch.kind);
        expect(batch.hops).toBeLessThanOrEqual(1);
        expect(batch.body.length).toBe(bytes.length - 2);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
      try {
        expect(["taken", "later", "refused", "no-intake"]).toContain(decodeTelemetryAnswer(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("what is too large, empty, or passed on too often is neither written nor read", () => {
  const batch = { kind: "traces", hops: 0, body: new Uint8Array(MAX_TELEMETRY_BATCH_BYTES + 1) } as const;
  expect(() => encodeTelemetryBatch(batch)).toThrow(RangeError);
  expect(() => encodeTelemetryBatch({ ...batch, body: new Uint8Array() })).toThrow(RangeError);
  expect(() => encodeTelemetryBatch({ ...batch, hops: 2, body: new Uint8Array(1) })).toThrow(RangeError);
  const large = new Uint8Array(MAX_TELEMETRY_BATCH_BYTES + 3);
  large[0] = 1;
  expect(() => decodeTelemetryBatch(large)).toThrow(DecodeError);
  expect(() => decodeTelemetryBatch(Uint8Array.of(1, 2, 3))).toThrow("2 hops");
});

test("an answer that only a later version knows is no promise", () => {
  for (const answer of ["taken", "later", "refused", "no-intake"] satisfies TelemetryAnswer[])
    expect(decodeTelemetryAnswer(encodeTelemetryAnswer(answer))).toBe(answer);
  expect(decodeTelemetryAnswer(Uint8Array.of(9))).toBe("refused");
});
