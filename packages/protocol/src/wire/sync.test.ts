import { BinaryWriter } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../errors.js";
import { bytesToHex } from "../ids.js";
import { decodeSyncFrame, encodeSyncFrame, MAX_IDS_PER_FRAME, MAX_SYNC_FRAME_BYTES, type SyncFrame } from "./sync.js";

const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex);
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const version = fc.record({ id, generation: fc.maxSafeNat(), sequence: fc.maxSafeNat() });
const bits = fc.constantFrom(4 as const, 8 as const);
const anyFrame: fc.Arbitrary<SyncFrame> = fc.oneof(
  fc.record({
    kind: fc.constant("root" as const),
    mesh: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/),
    live: fc.maxSafeNat(),
    digest: bytes(8),
  }),
  fc.constant({ kind: "equal" as const }),
  fc.record({ kind: fc.constant("refused" as const), reason: fc.stringMatching(/^[ -~]{0,128}$/) }),
  bits.chain((value) =>
    fc.record({
      kind: fc.constant("buckets" as const),
      live: fc.maxSafeNat(),
      bits: fc.constant(value),
      digests: bytes(8 << value),
    }),
  ),
  bits.chain((value) =>
    fc.record({
      kind: fc.constant("ids" as const),
      bits: fc.constant(value),
      buckets: fc.array(fc.nat((1 << value) - 1), { maxLength: 1 << value }),
      versions: fc.array(version, { maxLength: 50 }),
      last: fc.boolean(),
    }),
  ),
  fc.record({
    kind: fc.constant("records" as const),
    items: fc.array(fc.record({ envelope: fc.uint8Array({ maxLength: 600 }), ageMs: fc.maxSafeNat() }), {
      maxLength: 20,
    }),
    last: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("want" as const), ids: fc.array(id, { maxLength: 50 }), last: fc.boolean() }),
);

test("every frame survives the wire", () => {
  fc.assert(
    fc.property(anyFrame, (frame) => {
      expect(decodeSyncFrame(encodeSyncFrame(frame))).toEqual(frame);
    }),
  );
});

test("a full frame of ids stays within 64 KiB", () => {
  const full = Array.from({ length: MAX_IDS_PER_FRAME }, () => ({
    id: "ff".repeat(32),
    generation: Number.MAX_SAFE_INTEGER,
    sequence: Number.MAX_SAFE_INTEGER,
  }));
  const buckets = Array.from({ length: 256 }, (_, bucket) => bucket);
  const frame = encodeSyncFrame({ kind: "ids", bits: 8, buckets, versions: full, last: true });
  expect(frame.length).toBeLessThanOrEqual(MAX_SYNC_FRAME_BYTES);
  expect(decodeSyncFrame(frame)).toMatchObject({ kind: "ids", last: true });
});

test("whatever the bytes are, the decoder returns a frame or throws DecodeError", () => {
  const damaged = fc.tuple(anyFrame.map(encodeSyncFrame), fc.nat(), fc.nat(255)).map(([frame, at, value]) => {
    return frame.with(at % frame.length, value);
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (input) => {
      try {
        decodeSyncFrame(input);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("frames are held to their limits", () => {
  const kind = (value: number) => new BinaryWriter().uint32(value);
  expect(() => decodeSyncFrame(new Uint8Array(MAX_SYNC_FRAME_BYTES + 1))).toThrow("at most 65536");
  expect(() => decodeSyncFrame(kind(99).finish())).toThrow("kind 99");
  const many = kind(7);
  for (let i = 0; i <= MAX_IDS_PER_FRAME; i++) many.uint32(66).bytes(new Uint8Array(32));
  expect(() => decodeSyncFrame(many.finish())).toThrow("more than 1024 entries");
  const shortDigest = kind(1).uint32(10).string("mesh1").uint32(16).uint32(1).uint32(26).bytes(new Uint8Array(7));
  expect(() => decodeSyncFrame(shortDigest.finish())).toThrow("digests of 7 bytes");
  const bucket = kind(5).uint32(32).uint32(4).uint32(42).bytes(Uint8Array.of(16));
  expect(() => decodeSyncFrame(bucket.finish())).toThrow("out of range");
});
