import { DecodeError, encodeFrame, FrameTooLargeError } from "@meshwork/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { BufferBudget } from "./buffer-budget.js";
import { LinkError, type LinkRecvStream } from "./link.js";
import { StreamReader, type StreamReaderOptions } from "./stream-reader.js";

/** Hands out the given chunks, then the end (or the error). */
class Chunks implements LinkRecvStream {
  reads = 0;
  stopCode: number | undefined;
  #abort: ((error: Error) => void) | undefined;
  readonly #chunks: Uint8Array[];
  readonly #end: Error | null | "hang";
  constructor(chunks: Uint8Array[], end: Error | null | "hang" = null) {
    this.#chunks = [...chunks];
    this.#end = end;
  }
  async read(): Promise<Uint8Array | null> {
    this.reads += 1;
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) return chunk;
    if (this.#end === "hang") {
      return new Promise((_, reject) => {
        this.#abort = reject;
      });
    }
    if (this.#end !== null) throw this.#end;
    return null;
  }
  stop(code: number): void {
    this.stopCode = code;
    this.#abort?.(new LinkError("closed", "reading was stopped"));
  }
}

function readerOf(stream: Chunks, options: Partial<StreamReaderOptions> = {}): StreamReader {
  return new StreamReader(stream, { maxFrameBytes: 1_000, ...options });
}

async function drain(reader: StreamReader): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  for (;;) {
    const frame = await reader.next();
    if (frame === null) return frames;
    frames.push(Uint8Array.from(frame));
  }
}

test("frames come out whole and once, however the bytes were cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 }),
      async (payloads, cuts) => {
        const wire = Buffer.concat(payloads.map(encodeFrame));
        const chunks: Uint8Array[] = [];
        for (let at = 0, i = 0; at < wire.length; i++) {
          const size = cuts[i % cuts.length] as number;
          chunks.push(Uint8Array.from(wire.subarray(at, at + size)));
          at += size;
        }
        let frames = 0;
        let bytes = 0;
        const reader = readerOf(new Chunks(chunks), {
          onReceived: (count, size) => {
            frames += count;
            bytes += size;
          },
        });
        expect(await drain(reader)).toEqual(payloads);
        expect([frames, bytes]).toEqual([payloads.length, wire.length]);
        expect(await reader.next()).toBeNull();
      },
    ),
  );
});

test("a clean end inside a frame is truncation, not an end", async () => {
  const wire = encodeFrame(new Uint8Array(10));
  for (const length of [1, 4, 9, 13]) {
    const reader = readerOf(new Chunks([wire.subarray(0, length)]));
    await expect(reader.next()).rejects.toThrow(DecodeError);
    await expect(reader.next()).rejects.toThrow(/inside a frame/);
  }
});

test("an oversized announcement is refused before anything is held for it", async () => {
  const stream = new Chunks([encodeFrame(Uint8Array.of(1)), Uint8Array.of(0, 0, 0x10, 0)], "hang");
  const reader = readerOf(stream);
  expect(await reader.next()).toEqual(Uint8Array.of(1));
  await expect(reader.next()).rejects.toThrow(FrameTooLargeError);
  reader.stop(5);
  expect(stream.stopCode).toBe(5);
});

test("what one read brought is handed out before the next read: a slow consumer slows its peer", async () => {
  const stream = new Chunks([Buffer.concat([1, 2, 3].map((n) => encodeFrame(Uint8Array.of(n))))], "hang");
  const reader = readerOf(stream);
  for (const n of [1, 2, 3]) expect((await reader.next())?.[0]).toBe(n);
  expect(stream.reads).toBe(1);
});

test("unfinished frames count against the peer's budget, and give it back", async () => {
  const budget = new BufferBudget(5_000);
  const part = () => Uint8Array.from([0, 0, 8, 0, ...new Uint8Array(1_500)]);
  const readers = [1, 2, 3, 4].map(() => readerOf(new Chunks([part()], "hang"), { maxFrameBytes: 4_000, budget }));
  const results = readers.map((reader) => reader.next().catch((error: unknown) => error));
  const refused = await Promise.race(results);
  expect(refused).toBeInstanceOf(DecodeError);
  for (const reader of readers) reader.stop(0);
  expect(budget.usedBytes).toBe(0);
});

test("the budget of all peers is a bound of its own", () => {
  const whole = new BufferBudget(100);
  const [one, two] = [new BufferBudget(80, whole), new BufferBudget(80, whole)];
  expect([one.move(70), two.move(30), two.move(1), one.move(-1), one.move(1)]).toEqual([
    true,
    true,
    false,
    true,
    false,
  ]);
  expect([one.usedBytes, two.usedBytes, whole.usedBytes]).toEqual([70, 31, 101]);
  two.close();
  two.close();
  expect(two.move(-31)).toBe(true);
  expect(whole.usedBytes).toBe(70);
});

test("stop ends a pending next with null and reaches the stream", async () => {
  const stream = new Chunks([], "hang");
  let ends = 0;
  const reader = readerOf(stream, {
    onEnd: () => {
      ends += 1;
    },
  });
  const pending = reader.next();
  reader.stop(9);
  expect([stream.stopCode, ends]).toEqual([9, 1]);
  expect([await pending, await reader.next()]).toEqual([null, null]);
});

test("a lost connection rejects with the link's error, again and again", async () => {
  const reader = readerOf(new Chunks([], new LinkError("reset", "reset", { streamCode: 3 })));
  await expect(reader.next()).rejects.toMatchObject({ code: "reset", streamCode: 3 });
  await expect(reader.next()).rejects.toMatchObject({ code: "reset" });
});

test("a second reader is refused", async () => {
  const reader = readerOf(new Chunks([], "hang"));
  void reader.next();
  await expect(reader.next()).rejects.toMatchObject({ code: "invalid-argument" });
});
