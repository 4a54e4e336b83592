import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../errors.js";
import { bytesToHex } from "../ids.js";
import { testId } from "../membership/testing/records.js";
import { testObituary } from "../membership/testing/signatures.js";
import { decodeProbeFrame, encodeProbeFrame, MAX_PROBE_FRAME_BYTES, type ProbeFrame } from "./probe.js";

const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex);
const accusation = fc.record({
  mesh: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/),
  accused: id,
  generation: fc.maxSafeNat(),
  sequence: fc.maxSafeNat(),
});
const anyFrame: fc.Arbitrary<ProbeFrame> = fc.oneof(
  fc.record({ kind: fc.constant("indirect-request" as const), accusation, budgetMs: fc.nat(60_000) }),
  fc.record({
    kind: fc.constant("indirect-reply" as const),
    reply: fc.oneof(
      fc.record({ outcome: fc.constant("reached" as const), heardAgoMs: fc.nat(5_000) }),
      fc.record({
        outcome: fc.constant("unreached" as const),
        generation: fc.maxSafeNat(),
        sequence: fc.maxSafeNat(),
        signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
      }),
      fc.constant({ outcome: "declined" as const }),
    ),
  }),
  fc.tuple(accusation, id, id).map(([what, issuer, witness]) => ({
    kind: "obituary" as const,
    obituary: testObituary(what, issuer, witness),
  })),
);

test("every frame survives the wire", () => {
  fc.assert(
    fc.property(anyFrame, (frame) => {
      const bytes = encodeProbeFrame(frame);
      expect(bytes.length).toBeLessThanOrEqual(MAX_PROBE_FRAME_BYTES);
      expect(decodeProbeFrame(bytes)).toEqual(frame);
    }),
  );
});

test("a ping or pong is no frame of ours", () => {
  for (const kind of [0, 1]) {
    expect(() => decodeProbeFrame(Uint8Array.of(2, kind, 1, 2, 3, 4, 5, 6, 7, 8))).toThrow(`kind ${kind}`);
  }
  expect(() => decodeProbeFrame(Uint8Array.of(2))).toThrow("kind none");
  expect(() => decodeProbeFrame(Uint8Array.of(3, 2))).toThrow("not a probe frame");
});

test("an age is rounded up and an outcome of a later version reads as declined", () => {
  const reply = { kind: "indirect-reply", reply: { outcome: "reached", heardAgoMs: 0.2 } } as const;
  expect(decodeProbeFrame(encodeProbeFrame(reply))).toMatchObject({ reply: { heardAgoMs: 1 } });
  expect(decodeProbeFrame(Uint8Array.of(2, 3, 8, 99))).toMatchObject({ reply: { outcome: "declined" } });
  const request = { accusation: { mesh: "mesh1", accused: testId(1), generation: 1, sequence: 1 }, budgetMs: 1.4 };
  const decoded = decodeProbeFrame(encodeProbeFrame({ kind: "indirect-request", ...request }));
  expect(decoded).toMatchObject({ budgetMs: 1 });
});

test("whatever the bytes are, the decoder returns a frame or throws DecodeError", () => {
  const damaged = fc.tuple(anyFrame.map(encodeProbeFrame), fc.nat(), fc.nat(255)).map(([bytes, at, value]) => {
    return bytes.with(at % bytes.length, value);
  });
  const headed = fc
    .tuple(fc.integer({ min: 2, max: 5 }), fc.uint8Array({ maxLength: 600 }))
    .map(([kind, rest]) => Uint8Array.from([2, kind, ...rest]));
  fc.assert(
    fc.property(fc.oneof(headed, damaged), (input) => {
      try {
        decodeProbeFrame(input);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { numRuns: 2_000 },
  );
});
