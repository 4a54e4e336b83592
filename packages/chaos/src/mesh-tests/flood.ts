/**
 * A flood: 32 workers ask a node for ten seconds, on one connection, without an error. And back-pressure: whoever does not read holds up the
 * stream that it does not read, with a bounded queue, and no other.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type MeshNode, startNode } from "@meshwork/node";
import { DEFAULT_LIMITS } from "@meshwork/transport";
import type { EndpointPair } from "./endpoint-pair.js";
import { within } from "./frames.js";
import { expectNone, type TestStage } from "./mesh-test.js";
import { echo, withPair } from "./streams.js";
import { TEST_TAG } from "./tags.js";

const WORKERS = 32;
const FLOOD_MS = 10_000;
const BODY = Buffer.alloc(1_024, 7);
/** The original wanted 200 in ten seconds, and dialled for each. */
const LEAST_ROUND_TRIPS = 2_000;
const HELD_TAG = TEST_TAG + 1;
const FRAME_BYTES = 65_536;
/** 16 MiB: more than windows and queues hold. */
const FRAMES = 256;
const HOLD_MS = 1_500;
const OTHER_WITHIN_MS = 1_000;
const DRAIN_MS = 30_000;
const JOIN_MS = 10_000;

export interface FloodFigures {
  readonly roundTrips: number;
  readonly errors: readonly string[];
  readonly wrongReplies: number;
  /** While it lasted. */
  readonly connectionsOpened: number;
}

export async function streamFlood(stage: TestStage): Promise<string> {
  const figures = await withTwoNodes((asker, answerer) => flood(asker, answerer, stage));
  expectNone(floodProblems(figures));
  stage.progress(`${figures.roundTrips} round trips; now a reader that does not read`);
  await withPair(async (pair) => expectNone(await backPressureProblems(pair)));
  return `${figures.roundTrips} round trips of ${WORKERS} workers in ${FLOOD_MS / 1_000} s on one connection; a stream that was not read held up its writer alone`;
}

export function floodProblems({ roundTrips, errors, wrongReplies, connectionsOpened }: FloodFigures): string[] {
  const problems: string[] = [];
  if (errors.length > 0) problems.push(`${errors.length} errors, the first ${errors[0]}`);
  if (wrongReplies > 0) problems.push(`${wrongReplies} replies were not what was sent`);
  if (roundTrips < LEAST_ROUND_TRIPS)
    problems.push(`${roundTrips} round trips, at least ${LEAST_ROUND_TRIPS} were due`);
  if (connectionsOpened > 0) problems.push(`${connectionsOpened} connections were opened besides the one`);
  return problems;
}

async function flood(asker: MeshNode, answerer: MeshNode, { signal }: TestStage): Promise<FloodFigures> {
  answerer.handle("test.echo", ({ body }) => ({ body }));
  // The one connection is there before anything is counted.
  await asker.request(answerer.name, "test.echo", BODY);
  const openedBefore = asker.stats().connectionsOpened;
  const figures = { roundTrips: 0, errors: [] as string[], wrongReplies: 0 };
  const untilMs = performance.now() + FLOOD_MS;
  const work = async () => {
    while (performance.now() < untilMs && !signal.aborted) {
      try {
        const { body } = await asker.request(answerer.name, "test.echo", BODY);
        figures.roundTrips += 1;
        if (Buffer.compare(body, BODY) !== 0) figures.wrongReplies += 1;
      } catch (error) {
        figures.errors.push((error as Error).message);
        if (figures.errors.length > WORKERS) return;
      }
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return { ...figures, connectionsOpened: asker.stats().connectionsOpened - openedBefore };
}

/** One stream is not read for a while; another is used meanwhile. */
export async function backPressureProblems(
  { a, b }: EndpointPair,
  maxQueuedBytes = DEFAULT_LIMITS.streamQueueBytes,
): Promise<string[]> {
  const problems: string[] = [];
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let received = 0;
  let disordered = false;
  const read = new Promise<void>((resolve) => {
    b.handleStreams(HELD_TAG, async ({ recv }) => {
      await opened;
      for (let frame = await recv.next(); frame !== null; frame = await recv.next()) {
        if (Buffer.from(frame).readUInt32BE(0) !== received) disordered = true;
        received += 1;
      }
      resolve();
    });
  });
  b.handleStreams(TEST_TAG, echo);
  const writer = await a.openUni(b.id, HELD_TAG);
  let written = 0;
  let mostQueuedBytes = 0;
  const writing = (async () => {
    for (let index = 0; index < FRAMES; index++) {
      const frame = Buffer.alloc(FRAME_BYTES);
      frame.writeUInt32BE(index, 0);
      const handed = writer.write(frame);
      mostQueuedBytes = Math.max(mostQueuedBytes, writer.queuedBytes);
      await handed;
      written += 1;
    }
    await writer.finish();
  })();
  writing.catch(() => {});
  await sleep(HOLD_MS);
  const heldAt = written;
  if (heldAt === FRAMES) problems.push(`${FRAMES} frames went out to a reader that did not read`);
  if (mostQueuedBytes > maxQueuedBytes)
    problems.push(`${mostQueuedBytes} bytes were queued, at most ${maxQueuedBytes} may`);
  if (!(await within(oneEcho(a, b), OTHER_WITHIN_MS, false))) problems.push("another stream stood still with it");
  open();
  const drained = await within(
    Promise.all([read, writing]).then(() => true),
    DRAIN_MS,
    false,
  );
  if (!drained || received !== FRAMES) problems.push(`${received} of ${FRAMES} frames arrived once it read`);
  if (disordered) problems.push("frames arrived out of order");
  return problems;
}

async function oneEcho(a: EndpointPair["a"], b: EndpointPair["b"]): Promise<boolean> {
  const { send, recv } = await a.openBi(b.id, TEST_TAG);
  await send.write(BODY);
  const reply = await recv.next();
  await send.finish();
  return reply !== null && Buffer.compare(reply, BODY) === 0;
}

/** Two members of a mesh in this process, that list each other. */
export async function withTwoNodes<T>(
  work: (asker: MeshNode, answerer: MeshNode) => Promise<T>,
  telemetry?: { readonly url: string; readonly token: string },
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "meshwork-test-"));
  const options = { mesh: "test", sharedProcess: true, ...(telemetry === undefined ? {} : { telemetry }) };
  const nodes: MeshNode[] = [];
  try {
    const answerer = await startNode({ ...options, type: "answerer", dataDir: join(directory, "a") });
    nodes.push(answerer);
    const asker = await startNode({ ...options, type: "asker", dataDir: join(directory, "b"), seeds: [answerer.seed] });
    nodes.push(asker);
    const deadlineMs = performance.now() + JOIN_MS;
    while (asker.directory.size < 2 || answerer.directory.size < 2) {
      if (performance.now() > deadlineMs)
        throw new Error(`two nodes did not find each other within ${JOIN_MS / 1_000} s`);
      await sleep(20);
    }
    return await work(asker, answerer);
  } finally {
    await Promise.all(nodes.map((node) => node.close("test")));
    rmSync(directory, { recursive: true, force: true });
  }
}
