/** The tests on streams, seen to fail with a broken end in the place of ours; on endpoints in memory. */
import { createMemoryTransport, type InboundStream, MemoryNetwork, type Transport } from "@meshwork/transport";
import { expect, test } from "vitest";
import { type EndpointPair, helloOf, pairOf } from "./endpoint-pair.js";
import { backPressureProblems, type FloodFigures, floodProblems } from "./flood.js";
import { wireTruncationProblems } from "./frames.js";
import { MESH_TESTS } from "./index.js";
import { CheckFailed, type MeshTest } from "./mesh-test.js";
import { runMeshTests } from "./run.js";
import { soakProblems } from "./soaks.js";
import { echo, echoProblems, unknownTagProblems } from "./streams.js";
import { TEST_TAG } from "./tags.js";

const SEED = 3;

async function withMemory<T>(work: (pair: EndpointPair) => Promise<T>): Promise<T> {
  const network = new MemoryNetwork();
  const id = (digit: string) => digit.repeat(64);
  const [a, b] = ["a", "b"].map((digit) =>
    createMemoryTransport(network, { id: id(digit), hello: helloOf(digit) }),
  ) as [Transport, Transport];
  const pair = pairOf(a, b, network.bind({ id: id("c"), alpns: ["/meshwork/1"] }));
  try {
    return await work(pair);
  } finally {
    await pair.close();
  }
}

test("an honest echo passes; one that turns a byte, loses a frame or adds one does not", async () => {
  expect(await withMemory((pair) => echoProblems(pair, SEED))).toEqual([]);
  const spoilt =
    (spoil: (frame: Uint8Array, index: number) => Uint8Array[]) =>
    async ({ recv, send }: InboundStream) => {
      let index = 0;
      for (let frame = await recv.next(); frame !== null; frame = await recv.next()) {
        for (const out of spoil(frame, index++)) await send?.write(out);
      }
      await send?.finish();
    };
  const turned = spoilt((frame, index) => [index === 5 ? frame.map((byte) => byte ^ 1) : frame]);
  const lost = spoilt((frame, index) => (index === 7 ? [] : [frame]));
  const doubled = spoilt((frame, index) => (index === 7 ? [frame, frame] : [frame]));
  for (const serve of [turned, lost, doubled]) {
    expect(await withMemory((pair) => echoProblems(pair, SEED, serve))).not.toEqual([]);
  }
});

test("an end that takes unknown tags, or does not count them, is found", async () => {
  expect(await withMemory(unknownTagProblems)).toEqual([]);
  const taking = withMemory((pair) => {
    pair.b.handleStreams(0x42, echo);
    return unknownTagProblems(pair);
  });
  expect((await taking).some((problem) => problem.includes("0x42"))).toBe(true);
  const uncounted = withMemory((pair) => {
    const b = Object.create(pair.b, { counters: { value: { ...pair.b.counters, unknownTags: 0 } } }) as Transport;
    b.handleStreams = (tag, handler) => pair.b.handleStreams(tag, handler);
    return unknownTagProblems({ ...pair, b });
  }).catch((error: Error) => [error.message]);
  expect(await uncounted).not.toEqual([]);
});

test("a reader that takes a cut stream for a whole one is found", async () => {
  expect(await withMemory(wireTruncationProblems)).toEqual([]);
  const gullible = withMemory((pair) => {
    const { b } = pair;
    const handle = b.handleStreams.bind(b);
    b.handleStreams = (tag, handler) =>
      handle(tag, (stream) =>
        handler({ ...stream, recv: { next: () => stream.recv.next().catch(() => null), stop: () => {} } }),
      );
    return wireTruncationProblems(pair);
  });
  expect(await gullible).toEqual(["a stream that ended inside a frame gave its reader a clean end"]);
});

test("back-pressure that is none, a stream that holds up others, and frames out of order are found", async () => {
  expect(await withMemory((pair) => backPressureProblems(pair))).toEqual([]);
  const eager = withMemory((pair) => {
    const { b } = pair;
    const handle = b.handleStreams.bind(b);
    // Reads ahead of whoever asks.
    b.handleStreams = (tag, handler) =>
      handle(tag, tag === TEST_TAG ? handler : (stream) => handler({ ...stream, recv: readAhead(stream.recv) }));
    return backPressureProblems(pair);
  });
  expect((await eager)[0]).toContain("went out to a reader that did not read");
  const silent = withMemory((pair) => {
    const { b } = pair;
    const handle = b.handleStreams.bind(b);
    b.handleStreams = (tag, handler) => handle(tag, tag === TEST_TAG ? () => {} : handler);
    return backPressureProblems(pair);
  });
  expect(await silent).toEqual(["another stream stood still with it"]);
}, 60_000);

function readAhead(recv: InboundStream["recv"]): InboundStream["recv"] {
  const frames: (Uint8Array | null)[] = [];
  let wake: () => void = () => {};
  void (async () => {
    for (;;) {
      const frame = await recv.next();
      frames.push(frame);
      wake();
      if (frame === null) return;
    }
  })();
  return {
    next: async () => {
      while (frames.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      return frames.shift() ?? null;
    },
    stop: (code) => recv.stop(code),
  };
}

const flooded: FloodFigures = { roundTrips: 10_000, errors: [], wrongReplies: 0, connectionsOpened: 0 };
test.each<[string, Partial<FloodFigures>]>([
  ["an error", { errors: ["timeout"] }],
  ["a wrong reply", { wrongReplies: 1 }],
  ["too few round trips", { roundTrips: 100 }],
  ["a connection for each", { connectionsOpened: 1 }],
])("a flood with %s is found", (_, change) => {
  expect(floodProblems(flooded)).toEqual([]);
  expect(floodProblems({ ...flooded, ...change })).toHaveLength(1);
});

test("a soak with a failed check, without a fault, or cut short is found", () => {
  const passed = [{ passed: true }];
  const report = (outcome: string, faults: unknown[], status: string) =>
    ({ checks: [{ id: "x", outcome, detail: "y" }], state: { faults, status } }) as unknown as Parameters<
      typeof soakProblems
    >[0];
  expect(soakProblems(report("passed", passed, "finished"))).toEqual([]);
  expect(soakProblems(report("skipped", passed, "finished"))).toEqual([]);
  expect(soakProblems(report("failed", passed, "finished"))).toEqual(["x: y"]);
  expect(soakProblems(report("passed", [], "finished"))).toEqual(["no fault passed"]);
  expect(soakProblems(report("passed", passed, "stopped"))).toEqual(["it ended stopped"]);
});

test("a run goes on after a failure, and ends with the signal", async () => {
  const abort = new AbortController();
  const made = (name: string, run: MeshTest["run"]): MeshTest => ({ name, checks: "", expectedMs: 1, run });
  const tests = [
    made("fails", () => Promise.reject(new CheckFailed(["one", "two"]))),
    made("throws", () => Promise.reject(Object.assign(new Error("gone"), { code: "MESH_E_AGENT" }))),
    made("passes", async () => "well"),
    made("interrupted", async () => {
      abort.abort();
      return "too late";
    }),
    made("never", async () => "never"),
  ];
  const seen: string[] = [];
  const results = await runMeshTests({
    ...{ tests, seed: 1, signal: abort.signal, launch: () => Promise.reject(new Error("none")) },
    ...{ onStart: ({ name }) => seen.push(name), onProgress: () => {}, onResult: () => {} },
  });
  expect(results.map(({ name, reasons }) => [name, ...reasons])).toEqual([
    ["fails", "one", "two"],
    ["throws", "MESH_E_AGENT: gone"],
    ["passes"],
    ["interrupted", "interrupted"],
  ]);
  expect(seen).not.toContain("never");
});

test("there are twelve tests, each with a name of its own", () => {
  expect(new Set(MESH_TESTS.map(({ name }) => name)).size).toBe(12);
});
