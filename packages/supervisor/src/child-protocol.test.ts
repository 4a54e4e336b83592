import fc from "fast-check";
import { expect, test } from "vitest";
import { parseChildMessage, parseParentMessage } from "./child-protocol.js";
import { parseLedgerLine } from "./watchdog-ledger.js";

const id = "ab".repeat(32);
const ready = {
  kind: "ready",
  id,
  name: "mesh1.broker.ababab",
  mesh: "mesh1",
  type: "broker",
  addresses: ["127.0.0.1:4000"],
  seed: `${id}@127.0.0.1:4000`,
  bootMs: 12.5,
  bootTraceId: "1".repeat(32),
  pid: 77,
};
const add = {
  kind: "add",
  slot: "n1-00000000",
  options: { mesh: "mesh1", type: "broker", dataDir: "/x", seeds: [ready.seed], observe: ["mesh2"] },
};

test("well-formed messages come through unchanged, without what does not belong", () => {
  const ipv6 = { ...ready, seed: `${id}@[::1]:4000`, slot: "n1-00000000" };
  const failed = { kind: "failed", code: "MESH_E_BIND", message: "m", hint: "" };
  const listening = { kind: "listening", url: "http://127.0.0.1:1/", port: 1 };
  for (const message of [ready, ipv6, failed, { ...failed, step: "x" }, { kind: "stopped" }, listening]) {
    expect(parseChildMessage({ ...message, extra: 1 })).toEqual(message);
  }
  const telemetry = { url: "http://127.0.0.1:1", token: "t" };
  const full = {
    ...add,
    options: { ...add.options, bind: "127.0.0.1:0", cpuBudgetCores: 1, ramBudgetBytes: 1, telemetry },
  };
  for (const message of [add, full, { kind: "stop", reason: "r" }, { kind: "remove", slot: add.slot, reason: "r" }]) {
    expect(parseParentMessage(message)).toEqual(message);
  }
});

test("each field is checked", () => {
  const bad = [
    { id: "zz" },
    { name: "mesh1.broker.cdcdcd" },
    { name: "mesh1.gateway.ababab" },
    { mesh: "Mesh1" },
    { addresses: "127.0.0.1" },
    { addresses: Array(33).fill("a") },
    { seed: `${"cd".repeat(32)}@127.0.0.1:4000` },
    { bootMs: Number.NaN },
    { bootTraceId: "1" },
    { pid: 0 },
    { slot: "../x" },
  ];
  for (const change of bad) expect(parseChildMessage({ ...ready, ...change }), JSON.stringify(change)).toBeUndefined();
  expect(parseChildMessage({ kind: "failed", code: "x y", message: "", hint: "" })).toBeUndefined();
  expect(parseChildMessage({ kind: "listening", url: "javascript:1", port: 1 })).toBeUndefined();
  expect(parseParentMessage({ ...add, slot: undefined })).toBeUndefined();
  expect(parseParentMessage({ ...add, options: { ...add.options, seeds: ["x"] } })).toBeUndefined();
});

test("anything at all is either understood or refused, never thrown at", () => {
  const kinds = fc.constantFrom("step", "ready", "failed", "stopped", "listening", "stop", "add", "remove", "x");
  const message = fc.record({ kind: kinds, slot: fc.anything(), options: fc.anything(), step: fc.anything() });
  fc.assert(
    fc.property(fc.oneof(fc.anything(), message), fc.string(), (raw, text) => {
      parseChildMessage(raw);
      parseParentMessage(raw);
      parseLedgerLine(text);
      parseLedgerLine(JSON.stringify(raw) ?? "");
    }),
  );
});

test("the watchdog is never told to kill init or to remove the root", () => {
  expect(parseLedgerLine('{"op":"process","pid":1,"start":"1"}')).toBeUndefined();
  expect(parseLedgerLine('{"op":"process","pid":-5,"start":"1"}')).toBeUndefined();
  expect(parseLedgerLine('{"op":"directory","path":"/","inode":2}')).toBeUndefined();
  expect(parseLedgerLine('{"op":"directory","path":"relative","inode":2}')).toBeUndefined();
});
