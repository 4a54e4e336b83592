import { FrameDecoder } from "@meshwork/protocol";
import { expect, test } from "vitest";
import { MAX_WRITE_BYTES } from "./bytes.js";
import { LinkError, type LinkSendStream } from "./link.js";
import { StreamWriter, type StreamWriterOptions } from "./stream-writer.js";
import { settle } from "./testing/manual-clock.js";

/** A stream whose writes come back when the test says so. */
class SlowStream implements LinkSendStream {
  readonly writes: Uint8Array[] = [];
  overlapping = false;
  finished = false;
  resetCode: number | undefined;
  #pending: { resolve: () => void; reject: (error: Error) => void } | undefined;

  write(bytes: Uint8Array): Promise<void> {
    if (this.#pending !== undefined) this.overlapping = true;
    this.writes.push(bytes.slice());
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
    });
  }
  async release(error?: Error): Promise<void> {
    const pending = this.#pending;
    this.#pending = undefined;
    if (error === undefined) pending?.resolve();
    else pending?.reject(error);
    await settle();
  }
  async finish(): Promise<void> {
    this.finished = true;
  }
  async reset(code: number): Promise<void> {
    this.resetCode = code;
  }
  frames(skip = 0): Uint8Array[] {
    return new FrameDecoder(1 << 24).push(Buffer.concat(this.writes).subarray(skip));
  }
}

function writerOn(options: Partial<StreamWriterOptions> = {}): { stream: SlowStream; writer: StreamWriter } {
  const stream = new SlowStream();
  return { stream, writer: new StreamWriter(stream, { maxQueuedBytes: 1 << 20, ...options }) };
}

test("a frame that finds the queue idle is handed over in the same tick", () => {
  const { stream, writer } = writerOn();
  void writer.write(Uint8Array.of(1, 2, 3));
  expect(stream.writes).toEqual([Uint8Array.of(0, 0, 0, 3, 1, 2, 3)]);
});

test("frames that pile up go out together, in order, in writes of at most 64 KiB, never overlapping", async () => {
  const counted: number[] = [];
  const { stream, writer } = writerOn({ onSent: (frames, bytes) => counted.push(frames, bytes) });
  const sent = Array.from({ length: 500 }, (_, i) => new Uint8Array(1 + ((i * 97) % 900)).fill(i & 0xff));
  const resolved: number[] = [];
  for (const [i, frame] of sent.entries()) void writer.write(frame).then(() => resolved.push(i));
  expect(stream.writes).toHaveLength(1);
  while (writer.queuedBytes > 0) await stream.release();
  expect(stream.overlapping).toBe(false);
  expect(stream.writes.length).toBeLessThan(10);
  expect(Math.max(...stream.writes.map((write) => write.length))).toBe(MAX_WRITE_BYTES);
  expect(stream.frames().map((frame) => Buffer.from(frame))).toEqual(sent.map((frame) => Buffer.from(frame)));
  expect(resolved).toEqual(sent.map((_, i) => i));
  expect(counted.filter((_, i) => i % 2 === 0).reduce((sum, frames) => sum + frames, 0)).toBe(500);
  expect(counted.filter((_, i) => i % 2 === 1).reduce((sum, bytes) => sum + bytes, 0)).toBe(
    Buffer.concat(stream.writes).length,
  );
});

test("a large frame crosses in parts, and counts once", async () => {
  let frames = 0;
  const { stream, writer } = writerOn({
    onSent: (count) => {
      frames += count;
    },
  });
  const large = new Uint8Array(200_000).map((_, i) => i % 251);
  const writing = writer.write(large);
  expect(writer.queuedBytes).toBe(200_004);
  for (let i = 0; i < 3; i++) await stream.release();
  expect([frames, writer.queuedBytes]).toEqual([0, 200_004 - 3 * MAX_WRITE_BYTES]);
  await stream.release();
  await writing;
  expect([frames, writer.queuedBytes]).toEqual([1, 0]);
  expect(Buffer.compare(stream.frames()[0] as Uint8Array, large)).toBe(0);
});

test("above the bound a write is refused with a typed error, and nothing that was taken is lost", async () => {
  const { stream, writer } = writerOn({ maxQueuedBytes: 100 });
  expect(writer.tryWrite(new Uint8Array(46))).toBe(true);
  expect(writer.tryWrite(new Uint8Array(46))).toBe(true);
  expect(writer.queuedBytes).toBe(100);
  expect(writer.tryWrite(new Uint8Array(0))).toBe(false);
  await expect(writer.write(new Uint8Array(1))).rejects.toMatchObject({ code: "MESH_E_OVERLOADED" });
  await stream.release();
  await stream.release();
  expect(stream.frames()).toHaveLength(2);
  // A frame above the bound passes when it is alone: otherwise it could never be sent.
  expect(writer.tryWrite(new Uint8Array(5_000))).toBe(true);
  expect(writer.tryWrite(new Uint8Array(1))).toBe(false);
});

test("the prefix travels with the first frame, or alone at the end of the turn", async () => {
  const early = writerOn({ prefix: Uint8Array.of(0x10) });
  early.writer.announce();
  void early.writer.write(Uint8Array.of(9));
  await settle();
  expect(early.stream.writes).toEqual([Uint8Array.of(0x10, 0, 0, 0, 1, 9)]);
  const late = writerOn({ prefix: Uint8Array.of(0x10) });
  late.writer.announce();
  expect(late.stream.writes).toEqual([]);
  await settle();
  expect(late.stream.writes).toEqual([Uint8Array.of(0x10)]);
  void late.writer.write(Uint8Array.of(9));
  await late.stream.release();
  expect(late.stream.writes[1]).toEqual(Uint8Array.of(0, 0, 0, 1, 9));
});

test("finish waits for what is queued; afterwards writing is refused", async () => {
  let ended = 0;
  const { stream, writer } = writerOn({
    prefix: Uint8Array.of(1),
    onEnd: () => {
      ended += 1;
    },
  });
  void writer.write(Uint8Array.of(1));
  void writer.write(Uint8Array.of(2));
  const finishing = writer.finish();
  expect(writer.finish()).toBe(finishing);
  expect(writer.tryWrite(Uint8Array.of(3))).toBe(false);
  await expect(writer.write(Uint8Array.of(3))).rejects.toMatchObject({ code: "closed" });
  expect(stream.finished).toBe(false);
  await stream.release();
  expect(stream.finished).toBe(false);
  await stream.release();
  await finishing;
  expect([stream.finished, ended]).toEqual([true, 1]);
  expect(stream.frames(1)).toHaveLength(2);
});

test("finish without a frame still announces the stream", async () => {
  const { stream, writer } = writerOn({ prefix: Uint8Array.of(5) });
  const finishing = writer.finish();
  await stream.release();
  await finishing;
  expect([stream.writes, stream.finished]).toEqual([[Uint8Array.of(5)], true]);
});

test("a failed write fails everything that waits, once, with the link's error", async () => {
  let ended = 0;
  const { stream, writer } = writerOn({
    onEnd: () => {
      ended += 1;
    },
  });
  const results = [1, 2, 3].map((n) => writer.write(Uint8Array.of(n)).catch((error: unknown) => error));
  const finishing = writer.finish().catch((error: unknown) => error);
  await stream.release(new LinkError("stopped", "the peer stopped reading", { streamCode: 9 }));
  for (const error of [...(await Promise.all(results)), await finishing])
    expect(error).toMatchObject({ code: "stopped" });
  expect([ended, writer.queuedBytes, writer.tryWrite(Uint8Array.of(1))]).toEqual([1, 0, false]);
});

test("reset drops what waits and does not hang behind the write under way", async () => {
  const { stream, writer } = writerOn();
  const results = [1, 2].map((n) => writer.write(Uint8Array.of(n)).catch((error: unknown) => error));
  writer.reset(7);
  expect(stream.resetCode).toBe(7);
  // The frame under way may or may not have arrived; the one behind it has not.
  expect(await results[1]).toMatchObject({ code: "closed" });
  await stream.release(new LinkError("closed", "reset"));
  expect(await results[0]).toMatchObject({ code: "closed" });
  expect(stream.writes).toHaveLength(1);
});
