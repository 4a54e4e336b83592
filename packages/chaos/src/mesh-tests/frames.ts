/**
 * The framer: whatever goes into frames comes out again however the stream is cut into chunks, and a stream that ends inside a frame is
 * never taken for one that has ended well.
 */
import { DecodeError, encodeFrame, FrameDecoder } from "@meshwork/protocol";
import { seededRandom } from "../soak/random.js";
import { type EndpointPair, openPair, type RawPeer } from "./endpoint-pair.js";
import { expectNone, type TestStage } from "./mesh-test.js";
import { TEST_TAG } from "./tags.js";

const CASES = 256;
const MAX_FRAME_BYTES = 1 << 20;
/** Around the edges of a header, of the decoder's first buffer, and of what one read brings. */
const LENGTHS = [0, 1, 3, 4, 5, 1_023, 1_024, 1_025, 65_532, 65_536, 70_000];
const WIRE_TIMEOUT_MS = 10_000;

/** What is tested; another one to see the tests fail. */
export interface Framing {
  readonly encode: (payload: Uint8Array) => Uint8Array;
  readonly decoder: (maxFrameBytes: number) => Pick<FrameDecoder, "push" | "end">;
}

export const FRAMING: Framing = { encode: encodeFrame, decoder: (maxFrameBytes) => new FrameDecoder(maxFrameBytes) };

export async function framerRoundTrip(stage: TestStage): Promise<string> {
  expectNone(roundTripProblems(FRAMING, stage.seed));
  return `${CASES} streams cut at random`;
}

export function roundTripProblems(framing: Framing, seed: number): string[] {
  const random = seededRandom(seed, "framer round trip");
  return eachCase((index) => {
    const payloads = drawPayloads(random);
    const decoder = framing.decoder(MAX_FRAME_BYTES);
    const stream = Buffer.concat(payloads.map((payload) => framing.encode(payload)));
    const frames = drawChunks(stream, random).flatMap((chunk) => decoder.push(chunk));
    if (frames.length !== payloads.length) return `case ${index}: ${payloads.length} frames became ${frames.length}`;
    const wrong = payloads.findIndex((payload, at) => Buffer.compare(payload, frames[at] as Uint8Array) !== 0);
    if (wrong >= 0) return `case ${index}: frame ${wrong} of ${payloads[wrong]?.length} bytes came out different`;
    return decoder.end() === "clean" ? undefined : `case ${index}: a whole stream was taken for a truncated one`;
  });
}

export async function framerTruncation(stage: TestStage): Promise<string> {
  expectNone(truncationProblems(FRAMING, stage.seed));
  const pair = await openPair();
  try {
    expectNone(await wireTruncationProblems(pair));
  } finally {
    await pair.close();
  }
  return `${CASES} streams cut inside their last frame, and one on a real connection`;
}

export function truncationProblems(framing: Framing, seed: number): string[] {
  const random = seededRandom(seed, "framer truncation");
  return eachCase((index) => {
    const payloads = drawPayloads(random);
    const frames = payloads.map((payload) => framing.encode(payload));
    const last = frames.at(-1) as Uint8Array;
    // The last byte alone in every other case, as the least that can be missing.
    const missing = index % 2 === 0 ? 1 : 1 + Math.floor(random() * (last.length - 1));
    const stream = Buffer.concat(frames);
    const decoder = framing.decoder(MAX_FRAME_BYTES);
    const whole = drawChunks(stream.subarray(0, stream.length - missing), random).flatMap((chunk) =>
      decoder.push(chunk),
    );
    if (whole.length !== payloads.length - 1)
      return `case ${index}: ${missing} bytes short, ${whole.length} of ${payloads.length} frames came out`;
    return decoder.end() === "truncated" ? undefined : `case ${index}: ${missing} bytes short, taken for a clean end`;
  });
}

/** By hand, since no writer of ours ends a stream inside a frame. */
export async function wireTruncationProblems(pair: EndpointPair): Promise<string[]> {
  const heard = new Promise<string>((resolve) => {
    pair.b.handleStreams(TEST_TAG, async ({ recv }) => {
      try {
        const first = await recv.next();
        const second = await recv.next();
        resolve(second === null ? "a clean end" : `a frame of ${second.length} bytes after one of ${first?.length}`);
      } catch (error) {
        resolve(error instanceof DecodeError ? "truncated" : `${error}`);
      }
    });
  });
  const raw: RawPeer = await pair.dialRaw();
  const stream = await raw.link.openUni();
  const frames = [encodeFrame(Buffer.from("whole")), encodeFrame(Buffer.from("cut short")).subarray(0, -1)];
  await stream.write(Buffer.concat([Uint8Array.of(TEST_TAG), ...frames]));
  await stream.finish();
  const outcome = await within(heard, WIRE_TIMEOUT_MS, "nothing");
  return outcome === "truncated" ? [] : [`a stream that ended inside a frame gave its reader ${outcome}`];
}

export async function within<T>(work: Promise<T>, ms: number, late: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<T>((resolve) => {
    timer = setTimeout(resolve, ms, late);
  });
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}

function eachCase(check: (index: number) => string | undefined): string[] {
  const problems: string[] = [];
  for (let index = 0; index < CASES; index++) {
    try {
      const problem = check(index);
      if (problem !== undefined) problems.push(problem);
    } catch (error) {
      problems.push(`case ${index}: ${(error as Error).message}`);
    }
  }
  return problems;
}

function drawPayloads(random: () => number): Uint8Array[] {
  const count = 1 + Math.floor(random() * 4);
  return Array.from({ length: count }, () => {
    const length =
      random() < 0.5 ? (LENGTHS[Math.floor(random() * LENGTHS.length)] as number) : Math.floor(random() * 3_000);
    return drawBytes(length, random);
  });
}

export function drawBytes(length: number, random: () => number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = Math.floor(random() * 256);
  return bytes;
}

/** Many small ones in some cases, a few large ones in others. */
function drawChunks(stream: Uint8Array, random: () => number): Uint8Array[] {
  const largest = random() < 0.3 ? 7 : 40_000;
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < stream.length; ) {
    const end = at + 1 + Math.floor(random() * largest);
    chunks.push(stream.subarray(at, end));
    at = end;
  }
  return chunks;
}
