import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../errors.js";
import { encodeFrame, FrameDecoder, FrameTooLargeError } from "./frames.js";

/** Cuts `bytes` at the given places (modulo its length). */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1))), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.slice(ends[index - 1] ?? 0, end));
}

test("a frame is its length in four big-endian bytes and the payload", () => {
  expect([...encodeFrame(Uint8Array.of(1, 1))]).toEqual([0, 0, 0, 2, 1, 1]);
  expect([...encodeFrame(new Uint8Array(0))]).toEqual([0, 0, 0, 0]);
});

test("frames come back whatever the chunk boundaries", () => {
  const payloads = fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 8 });
  fc.assert(
    fc.property(payloads, fc.array(fc.nat(20_000), { maxLength: 30 }), fc.boolean(), (sent, places, byteByByte) => {
      const stream = Uint8Array.from(sent.flatMap((payload) => [...encodeFrame(payload)]));
      const decoder = new FrameDecoder(3_000);
      const everywhere = Array.from({ length: stream.length }, (_, index) => index);
      const received = cut(stream, byteByByte ? everywhere : places).flatMap((chunk) => decoder.push(chunk));
      expect(received.map((frame) => Buffer.from(frame))).toEqual(sent.map((payload) => Buffer.from(payload)));
      expect(decoder.end()).toBe("clean");
      expect(decoder.bufferedBytes).toBe(0);
    }),
  );
});

test("the end of the stream is clean only between two frames", () => {
  const frame = encodeFrame(Uint8Array.of(1, 2, 3));
  for (let length = 0; length <= frame.length; length++) {
    const decoder = new FrameDecoder(16);
    decoder.push(frame.subarray(0, length));
    expect(decoder.end()).toBe(length === 0 || length === frame.length ? "clean" : "truncated");
  }
});

test("a length above the limit is refused at its fourth byte, after the frames before it", () => {
  const decoder = new FrameDecoder(4);
  const stream = Uint8Array.of(0, 0, 0, 4, 9, 9, 9, 9, 0, 0, 0, 5);
  expect(decoder.push(stream)).toEqual([Uint8Array.of(9, 9, 9, 9)]);
  expect(() => decoder.push(Uint8Array.of(1))).toThrow(FrameTooLargeError);
  expect(() => decoder.end()).toThrow(DecodeError);
  expect(() => new FrameDecoder(4).push(Uint8Array.of(255, 255, 255, 255))).toThrow(
    /4294967295 bytes above the limit of 4/,
  );
});

test("an announced length costs nothing until its bytes come", () => {
  const decoder = new FrameDecoder(1 << 30);
  decoder.push(Uint8Array.of(0x40, 0, 0, 0));
  decoder.push(new Uint8Array(10));
  expect(decoder.bufferedBytes).toBeLessThanOrEqual(2_048);
});

test("the work is linear: 2 MB in one-byte chunks copy less than 2 bytes per byte", () => {
  const lengthBytes = 2 * 1024 * 1024;
  const decoder = new FrameDecoder(lengthBytes);
  decoder.push(encodeFrame(new Uint8Array(lengthBytes)).subarray(0, 4));
  let capacity = decoder.bufferedBytes;
  let growths = 0;
  let frames: Uint8Array[] = [];
  const one = Uint8Array.of(7);
  for (let sent = 0; sent < lengthBytes; sent++) {
    frames = decoder.push(one);
    if (decoder.bufferedBytes !== capacity) growths++;
    capacity = decoder.bufferedBytes;
  }
  expect(frames[0]?.length).toBe(lengthBytes);
  expect(growths).toBeLessThan(20);
});

test("random bytes: frames or a FrameTooLargeError", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }), (chunks) => {
      const decoder = new FrameDecoder(64);
      try {
        for (const chunk of chunks)
          for (const frame of decoder.push(chunk)) expect(frame.length).toBeLessThanOrEqual(64);
      } catch (error) {
        expect(error).toBeInstanceOf(FrameTooLargeError);
      }
    }),
    { numRuns: 1_000 },
  );
});
