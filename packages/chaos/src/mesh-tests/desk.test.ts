/** The desk of tests: one run at a time, what the process said and how it ended. */
import { expect, test } from "vitest";
import { type StartTests, TestDesk, type TestMessage } from "./desk.js";
import { MESH_TESTS } from "./index.js";

/** A process that says what the test lets it say. */
function fakeProcess() {
  const orders: Parameters<StartTests>[0][] = [];
  let say: (message: TestMessage) => void = () => {};
  let end: (reason: string | undefined) => void = () => {};
  let stops = 0;
  const start: StartTests = (order, onMessage) => {
    orders.push(order);
    say = onMessage;
    const ended = new Promise<string | undefined>((resolve) => {
      end = resolve;
    });
    return {
      ended,
      stop: () => {
        stops += 1;
        end("SIGTERM");
      },
    };
  };
  return {
    start,
    orders,
    say: (message: TestMessage) => say(message),
    end: (reason?: string) => end(reason),
    stops: () => stops,
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const result = (name: string, outcome: "passed" | "failed") => ({ name, outcome, detail: "", reasons: [], tookMs: 5 });

test("a run is started once, shows where it is, and ends with its counts", async () => {
  const fake = fakeProcess();
  const desk = new TestDesk(fake.start);
  expect(desk.start(["unknown-tag", "framer-truncation"], 7)).toMatchObject({ id: 1, state: "running", current: null });
  expect(fake.orders).toEqual([{ tests: ["framer-truncation", "unknown-tag"], seed: 7 }]);
  expect(desk.start([])).toBeUndefined();
  fake.say({ kind: "started", test: "framer-truncation" });
  for (let line = 0; line < 20; line++) fake.say({ kind: "progress", test: "framer-truncation", text: `${line}` });
  expect(desk.run(1)?.current).toMatchObject({ test: "framer-truncation", expectedMs: 500 });
  expect(desk.run(1)?.current?.progress).toEqual(["12", "13", "14", "15", "16", "17", "18", "19"]);
  fake.say({ kind: "result", result: result("framer-truncation", "passed") });
  fake.say({ kind: "result", result: result("unknown-tag", "failed") });
  fake.say({ kind: "done" });
  fake.end();
  await settled();
  expect(desk.runs()).toMatchObject([{ state: "done", current: null, counts: { passed: 1, failed: 1 }, error: null }]);
  expect(desk.start([])?.tests).toEqual(MESH_TESTS.map(({ name }) => name));
});

test("a process that ends before its time is a failed run, one that was told to a stopped one", async () => {
  const fake = fakeProcess();
  const desk = new TestDesk(fake.start);
  desk.start(["unknown-tag"]);
  fake.end("exit code 1");
  await settled();
  expect(desk.run(1)).toMatchObject({ state: "failed", error: "exit code 1" });
  desk.start(["unknown-tag"]);
  expect(await desk.stop(2)).toMatchObject({ state: "stopped", error: null });
  expect([fake.stops(), await desk.stop(3)]).toEqual([1, undefined]);
  desk.start(["unknown-tag"]);
  await desk.close();
  expect([fake.stops(), desk.run(3)?.state]).toEqual([2, "stopped"]);
});

test("changes are counted: each message, each start, stop and end; what is only read is none", async () => {
  const fake = fakeProcess();
  const desk = new TestDesk(fake.start);
  let counted = desk.changes();
  const grows = async (what: string, happens: () => unknown) => {
    await happens();
    expect([what, desk.changes() > counted]).toEqual([what, true]);
    counted = desk.changes();
  };
  await grows("start", () => desk.start(["unknown-tag"]));
  await grows("started", () => fake.say({ kind: "started", test: "unknown-tag" }));
  await grows("progress", () => fake.say({ kind: "progress", test: "unknown-tag", text: "line" }));
  await grows("result", () => fake.say({ kind: "result", result: result("unknown-tag", "passed") }));
  await grows("end", async () => {
    fake.end();
    await settled();
  });
  expect([desk.runs().length, desk.run(1)?.state, desk.tests().length > 0]).toEqual([1, "done", true]);
  await desk.stop(1);
  expect(desk.changes()).toBe(counted);
  desk.start(["unknown-tag"]);
  counted = desk.changes();
  const stopped = desk.stop(2);
  expect([desk.run(2)?.state, desk.changes() > counted]).toEqual(["stopping", true]);
  counted = desk.changes();
  await stopped;
  expect([desk.run(2)?.state, desk.changes() > counted]).toEqual(["stopped", true]);
});

test("only so many runs are kept, and strangers are named", async () => {
  const fake = fakeProcess();
  const desk = new TestDesk(fake.start);
  for (let count = 0; count < 25; count++) {
    desk.start(["unknown-tag"]);
    fake.end();
    await settled();
  }
  expect([desk.sizes(), desk.runs()[0]?.id]).toEqual([{ testRuns: 20 }, 25]);
  expect([desk.stranger(["unknown-tag", "nonsense"]), desk.stranger([])]).toEqual(["nonsense", undefined]);
});
