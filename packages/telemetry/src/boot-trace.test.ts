import { trace } from "@opentelemetry/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Collector, startCollector } from "../test/collector.js";
import { BOOT_STALLED_AFTER_MS, BootTrace } from "./boot-trace.js";
import { createTelemetry } from "./create.js";
import type { IntakeSpan, Telemetry } from "./types.js";
import { ATTR, BOOT_STEPS, SPAN } from "./vocabulary.js";

/** Rounding of the wire's nanoseconds to a double of milliseconds. */
const CLOCK_MS = 0.01;

let collector: Collector;
let telemetry: Telemetry;
let tellName: (name: string) => void;
beforeEach(async () => {
  collector = await startCollector();
  telemetry = createTelemetry({
    serviceName: "broker",
    serviceVersion: "0.1.0",
    meshId: "mesh1",
    nodeName: new Promise((resolve) => {
      tellName = resolve;
    }),
    nodeId: "239dc9",
    sinks: [{ name: "console", url: collector.url }],
    metricsIntervalMs: 0,
    limits: { exportDelayMs: 60_000, identityWaitMs: 60_000 }, // what is sent is sent by the boot trace itself
  });
});
afterEach(async () => {
  await telemetry.shutdown(1_000);
  await collector.close();
});

/** Stall timers that fire when the test says so. */
class Timers {
  readonly delaysMs: number[] = [];
  #armed: (() => void)[] = [];
  readonly set = (run: () => void, delayMs: number) => {
    this.delaysMs.push(delayMs);
    this.#armed.push(run);
    return () => {
      this.#armed = this.#armed.filter((armed) => armed !== run);
    };
  };
  get armed(): number {
    return this.#armed.length;
  }
  fire(): void {
    for (const run of this.#armed.splice(0)) run();
  }
}

class Gate {
  open: () => void = () => {};
  fail: (error: Error) => void = () => {};
  readonly passed = new Promise<void>((resolve, reject) => {
    this.open = resolve;
    this.fail = reject;
  });
}

const named = (name: string, late = false): IntakeSpan | undefined =>
  collector.spans.find((span) => span.name === name && (span.attributes[ATTR.bootLate] === true) === late);

test("a boot is one trace: the root, and a child per step that spans exactly its step", async () => {
  const timers = new Timers();
  const boot = new BootTrace({ telemetry, attributes: { [ATTR.nodeType]: "broker" }, setTimer: timers.set });
  for (const name of BOOT_STEPS) {
    const result = await boot.step(name, { [ATTR.alpn]: name }, async () => {
      expect(timers.armed).toBe(1);
      telemetry.startSpan(`inside ${name}`).end();
      await new Promise((resolve) => setTimeout(resolve, 12));
      return name;
    });
    expect(result).toBe(name);
    if (name === SPAN.bootIdentityLoaded) boot.setAttributes({ [ATTR.nodeName]: "mesh1.broker.239dc9" });
  }
  boot.ready();
  boot.ready();
  expect(timers.armed).toBe(0);
  expect(timers.delaysMs).toEqual(BOOT_STEPS.map(() => BOOT_STALLED_AFTER_MS));
  tellName("mesh1.broker.239dc9");
  await telemetry.flush(1_000);

  const root = named(SPAN.nodeReady)!;
  const steps = BOOT_STEPS.map((name) => named(name)!);
  expect(collector.spans).toHaveLength(1 + 2 * BOOT_STEPS.length);
  expect(root).toMatchObject({ parentSpanId: undefined, statusCode: 0, traceId: boot.traceId });
  expect(root.attributes).toEqual({ [ATTR.nodeType]: "broker", [ATTR.nodeName]: "mesh1.broker.239dc9" });
  let before = root.startMs;
  for (const [index, step] of steps.entries()) {
    expect(step).toMatchObject({ parentSpanId: root.spanId, traceId: boot.traceId, statusCode: 0 });
    expect(named(`inside ${step.name}`)!.parentSpanId).toBe(step.spanId);
    expect(step.startMs).toBeGreaterThanOrEqual(before - CLOCK_MS);
    expect(step.endMs - step.startMs).toBeGreaterThan(10);
    expect(step.attributes).toMatchObject({ [ATTR.nodeType]: "broker", [ATTR.alpn]: step.name });
    expect(ATTR.nodeName in step.attributes).toBe(index > 0);
    before = step.endMs;
  }
  expect(root.endMs).toBeGreaterThanOrEqual(before - CLOCK_MS);
});

test.each(BOOT_STEPS)("held in %s, the trace shows how far the node got, and later that it went on", async (held) => {
  const timers = new Timers();
  const gate = new Gate();
  const stalled: string[] = [];
  const boot = new BootTrace({ telemetry, setTimer: timers.set, onStalled: (step) => stalled.push(step) });
  const reached = new Gate();
  const booted = (async () => {
    for (const name of BOOT_STEPS) {
      await boot.step(name, {}, async () => {
        if (name !== held) return;
        reached.open();
        await gate.passed;
      });
      if (name === SPAN.bootIdentityLoaded) tellName("mesh1.broker.239dc9");
    }
    boot.ready();
  })();
  await reached.passed;
  expect(collector.spans).toEqual([]);

  timers.fire();
  await collector.until(() => named(SPAN.nodeReady) !== undefined && named(held) !== undefined);
  const index = BOOT_STEPS.indexOf(held);
  const root = named(SPAN.nodeReady)!;
  expect(stalled).toEqual([held]);
  expect(collector.spans.map((span) => span.name).sort()).toEqual(
    [...BOOT_STEPS.slice(0, index + 1), SPAN.nodeReady].sort(),
  );
  expect(root).toMatchObject({ statusCode: 2, statusMessage: "stalled" });
  expect(root.attributes).toMatchObject({ [ATTR.bootStalled]: true, [ATTR.bootStalledStep]: held });
  expect(named(held)).toMatchObject({ statusCode: 2, statusMessage: "stalled", parentSpanId: root.spanId });
  expect(named(held)!.attributes).toMatchObject({ [ATTR.bootStalled]: true });
  for (const done of BOOT_STEPS.slice(0, index)) expect(named(done)!.statusCode).toBe(0);
  expect(ATTR.nodeName in root.resource).toBe(index > 0); // nothing is known of a node that hangs before its identity

  gate.open();
  await booted;
  await telemetry.flush(1_000);
  expect(collector.spans).toHaveLength(BOOT_STEPS.length + 3);
  expect(new Set(collector.spans.map((span) => span.traceId))).toEqual(new Set([boot.traceId]));
  for (const rest of [
    named(held, true)!,
    named(SPAN.nodeReady, true)!,
    ...BOOT_STEPS.slice(index + 1).map((name) => named(name)!),
  ]) {
    expect(rest).toMatchObject({ statusCode: 0, parentSpanId: root.spanId });
  }
  expect(named(held, true)!.startMs).toBeGreaterThanOrEqual(named(held)!.endMs - CLOCK_MS);
  expect(named(SPAN.nodeReady, true)!.endMs).toBeGreaterThanOrEqual(named(held, true)!.endMs - CLOCK_MS);
});

test("a step that fails marks itself and the root, is sent at once, and the boot is over", async () => {
  const boot = new BootTrace({ telemetry });
  const failure = Object.assign(new Error("address in use"), { code: "MESH_E_BIND" });
  await boot.step(SPAN.bootIdentityLoaded, {}, () => tellName("mesh1.broker.239dc9"));
  const failed = boot.step(SPAN.bootEndpointCreated, {}, () => {
    throw failure;
  });
  await expect(failed).rejects.toBe(failure);
  await collector.until(() => collector.spans.length === 3);
  const root = named(SPAN.nodeReady)!;
  expect(root).toMatchObject({ statusCode: 2, statusMessage: "address in use" });
  expect(root.attributes).toMatchObject({
    [ATTR.bootFailedStep]: SPAN.bootEndpointCreated,
    [ATTR.errorType]: "MESH_E_BIND",
  });
  expect(named(SPAN.bootEndpointCreated)).toMatchObject({ statusCode: 2, statusMessage: "address in use" });
  expect(named(SPAN.bootIdentityLoaded)!.statusCode).toBe(0);
  await expect(boot.step(SPAN.bootGossipStarted, {}, () => {})).rejects.toThrow("after the boot was over");
  boot.ready();
  await telemetry.flush(1_000);
  expect(collector.spans).toHaveLength(3);
});

test("a stalled step that fails after all marks what was still open", async () => {
  const timers = new Timers();
  const gate = new Gate();
  const boot = new BootTrace({ telemetry, setTimer: timers.set });
  const step = boot.step(SPAN.bootGossipStarted, {}, () => gate.passed);
  timers.fire();
  gate.fail(new Error("no socket"));
  await expect(step).rejects.toThrow("no socket");
  await collector.until(() => collector.spans.length === 4);
  expect(named(SPAN.bootGossipStarted)).toMatchObject({ statusMessage: "stalled" });
  expect(named(SPAN.bootGossipStarted, true)).toMatchObject({ statusCode: 2, statusMessage: "no socket" });
  expect(named(SPAN.nodeReady, true)).toMatchObject({ statusCode: 2, statusMessage: "no socket" });
});

test("two steps that stall: each is marked, the root names the first", async () => {
  const timers = new Timers();
  const boot = new BootTrace({ telemetry, setTimer: timers.set });
  for (const name of [SPAN.bootEndpointCreated, SPAN.bootGossipStarted]) {
    const gate = new Gate();
    const step = boot.step(name, {}, () => gate.passed);
    timers.fire();
    gate.open();
    await step;
  }
  boot.ready();
  await telemetry.flush(1_000);
  expect(collector.spans).toHaveLength(6);
  expect(named(SPAN.nodeReady)!.attributes[ATTR.bootStalledStep]).toBe(SPAN.bootEndpointCreated);
  expect(named(SPAN.bootGossipStarted)!.statusMessage).toBe("stalled");
});

test("a boot given up between steps ends its root with the reason", async () => {
  const boot = new BootTrace({ telemetry });
  boot.fail(new Error("closed during boot"));
  await collector.until(() => collector.spans.length === 1);
  expect(named(SPAN.nodeReady)).toMatchObject({ statusCode: 2, statusMessage: "closed during boot" });
});

test("a step may rename itself, before a stall and after", async () => {
  const timers = new Timers();
  const boot = new BootTrace({ telemetry, setTimer: timers.set });
  await boot.step(SPAN.bootIdentityLoaded, {}, (step) => {
    step.rename(SPAN.bootIdentityMinted);
    step.setAttributes({ [ATTR.path]: "/data/identity" });
    expect(trace.getActiveSpan()?.spanContext().traceId).toBe(boot.traceId);
    timers.fire();
    step.setAttributes({ [ATTR.entries]: 1 });
  });
  await telemetry.flush(1_000);
  expect(named(SPAN.bootIdentityMinted)!.attributes).toEqual({
    [ATTR.path]: "/data/identity",
    [ATTR.bootStalled]: true,
  });
  expect(named(SPAN.bootIdentityMinted, true)!.attributes).toEqual({
    [ATTR.path]: "/data/identity",
    [ATTR.bootLate]: true,
    [ATTR.entries]: 1,
  });
});

test("a real timer stalls a step", async () => {
  const gate = new Gate();
  const boot = new BootTrace({ telemetry, stalledAfterMs: 30 });
  const step = boot.step(SPAN.bootGossipStarted, {}, () => gate.passed);
  await collector.until(() => named(SPAN.nodeReady) !== undefined);
  expect(named(SPAN.bootGossipStarted)).toMatchObject({ statusMessage: "stalled" });
  gate.open();
  await step;
});
