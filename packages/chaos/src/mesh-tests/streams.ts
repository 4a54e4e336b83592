/** Streams between two real endpoints: what one writes the other reads, a tag that nobody has is refused, and a slow reader slows its writer alone. */
import { CloseCode, type InboundStream, LinkError, type Transport } from "@meshwork/transport";
import { seededRandom } from "../soak/random.js";
import { type EndpointPair, openPair } from "./endpoint-pair.js";
import { drawBytes, within } from "./frames.js";
import { expectNone, type TestStage } from "./mesh-test.js";
import { TEST_TAG } from "./tags.js";

const ANSWER_TIMEOUT_MS = 10_000;
const ECHO_FRAMES = 40;
const ECHO_FRAME_BYTES = 60_000;
/** Reserved by nobody; 0x42 is the original's. */
const UNKNOWN_TAGS = [0x00, 0x06, 0x42, 0x80, 0xff];

export async function biStreamEcho(stage: TestStage): Promise<string> {
  return withPair(async (pair) => {
    expectNone(await echoProblems(pair, stage.seed));
    return `${ECHO_FRAMES} frames of up to ${ECHO_FRAME_BYTES} bytes each way`;
  });
}

/** What an application does with such a stream. */
export async function echo({ recv, send }: InboundStream): Promise<void> {
  for (let frame = await recv.next(); frame !== null; frame = await recv.next()) await send?.write(frame);
  await send?.finish();
}

export async function echoProblems({ a, b }: EndpointPair, seed: number, serve = echo): Promise<string[]> {
  b.handleStreams(TEST_TAG, serve);
  a.handleStreams(TEST_TAG, serve);
  return [...(await echoThrough(a, b, seed)), ...(await echoThrough(b, a, seed + 1))];
}

async function echoThrough(from: Transport, to: Transport, seed: number): Promise<string[]> {
  const random = seededRandom(seed, "echo");
  const sent = Array.from({ length: ECHO_FRAMES }, () => drawBytes(Math.floor(random() * ECHO_FRAME_BYTES), random));
  const exchange = async () => {
    const { send, recv } = await from.openBi(to.id, TEST_TAG);
    const writing = (async () => {
      for (const frame of sent) await send.write(frame);
      await send.finish();
    })();
    const received: Uint8Array[] = [];
    for (let frame = await recv.next(); frame !== null; frame = await recv.next()) received.push(frame);
    await writing;
    return received;
  };
  const received = await within<Uint8Array[] | undefined>(exchange(), ANSWER_TIMEOUT_MS, undefined);
  if (received === undefined) return [`no end of the echo within ${ANSWER_TIMEOUT_MS / 1_000} s`];
  if (received.length !== sent.length) return [`${sent.length} frames were sent, ${received.length} came back`];
  const wrong = sent.findIndex((frame, at) => Buffer.compare(frame, received[at] as Uint8Array) !== 0);
  return wrong < 0 ? [] : [`frame ${wrong} came back different`];
}

export async function unknownTag(): Promise<string> {
  return withPair(async (pair) => {
    expectNone(await unknownTagProblems(pair));
    return `${UNKNOWN_TAGS.length} tags refused with code ${CloseCode.unknownTag} and counted; the connection serves on`;
  });
}

export async function unknownTagProblems(pair: EndpointPair): Promise<string[]> {
  const { b } = pair;
  const problems: string[] = [];
  const { link } = await pair.dialRaw();
  const before = b.counters.unknownTags;
  for (const tag of UNKNOWN_TAGS) {
    const { send, recv } = await link.openBi();
    await send.write(Uint8Array.of(tag, ...Buffer.from("a string")));
    const refusal = recv.read(1_024).then(
      (bytes) => (bytes === null ? "a clean end" : `${bytes.length} bytes`),
      (error: unknown) => (error instanceof LinkError && error.code === "reset" ? error.streamCode : `${error}`),
    );
    const outcome = await within<string | number | undefined>(refusal, ANSWER_TIMEOUT_MS, "nothing");
    if (outcome !== CloseCode.unknownTag) problems.push(`tag 0x${tag.toString(16)} was answered with ${outcome}`);
  }
  const counted = b.counters.unknownTags - before;
  if (counted !== UNKNOWN_TAGS.length) problems.push(`${UNKNOWN_TAGS.length} unknown tags, ${counted} counted`);
  return [...problems, ...(await servesStill(pair))];
}

/** Refusing one stream costs its peer neither the connection nor others theirs. */
async function servesStill(pair: EndpointPair): Promise<string[]> {
  const problems = await echoProblems(pair, 1);
  return problems.map((problem) => `after the refusals: ${problem}`);
}

export async function withPair<T>(work: (pair: EndpointPair) => Promise<T>): Promise<T> {
  const pair = await openPair();
  try {
    return await work(pair);
  } finally {
    await pair.close();
  }
}
