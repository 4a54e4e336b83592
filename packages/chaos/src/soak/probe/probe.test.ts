import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { type AddressInfo, createConnection, createServer } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readProc } from "../proc.js";
import { ProbeClient } from "./probe-client.js";
import { ownFigures, serveProbe } from "./probe-server.js";
import { probeDirectory, type SeenChange } from "./protocol.js";

/** This process is launcher, looked into and judge at once. */
const directory = probeDirectory(process.pid);
beforeEach(() => void mkdirSync(directory, { mode: 0o700 }));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const change: SeenChange = { kind: "dead", id: "a", life: "1", atMs: 7 };

test("a probe answers, pushes, and says what it does not have", async () => {
  const server = await serveProbe(process.pid, { figures: ({ collect }) => ownFigures(collect) });
  let told: (change: SeenChange) => void = () => {};
  const pushed = new Promise<SeenChange>((resolve) => {
    told = resolve;
  });
  const client = await ProbeClient.connect(process.pid, process.pid, (seen) => told(seen));
  const [plain, collected] = await Promise.all([
    client.call("figures", { collect: false }),
    client.call("figures", { collect: true }),
  ]);
  expect(plain.heapBytes).toBeNull();
  expect(collected.heapBytes).toBeGreaterThan(1e6);
  expect(collected.handles).toBeGreaterThan(0);
  await expect(client.call("hello", {})).rejects.toThrow("this process has no hello");
  server.push(change);
  expect(await pushed).toEqual(change);
  client.close();
});

test("what was asked of a process that is gone is refused, and its end is told once", async () => {
  await serveProbe(process.pid, {});
  const client = await ProbeClient.connect(process.pid, process.pid);
  const closed = new Promise<void>((resolve) => client.onClosed(resolve));
  const asked = client.call("figures", { collect: false });
  client.close();
  await expect(asked).rejects.toThrow("gone");
  await closed;
  await expect(client.call("figures", { collect: false })).rejects.toThrow("gone");
});

test("a process that has no probe is refused at once", async () => {
  await expect(ProbeClient.connect(process.pid, process.pid)).rejects.toThrow("ENOENT");
});

test("a forced collection gives back what nobody holds", () => {
  const before = ownFigures(true).heapBytes ?? 0;
  let held: number[][] | undefined = Array.from({ length: 1_000 }, () => Array.from({ length: 1_000 }, Math.random));
  expect(ownFigures(true).heapBytes).toBeGreaterThan(before + 7e6);
  expect(held.length).toBe(1_000);
  held = undefined;
  expect(ownFigures(true).heapBytes).toBeLessThan(before + 1e6);
});

test.runIf(process.platform === "linux")("TCP connections are told from other descriptors", async () => {
  const before = readProc(process.pid);
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = createConnection((server.address() as AddressInfo).port, "127.0.0.1");
  await Promise.all([once(socket, "connect"), once(server, "connection")]);
  const during = readProc(process.pid);
  // Both ends are here; the listener is no connection.
  expect(during?.tcpConnections).toBe((before?.tcpConnections ?? 0) + 2);
  expect(during?.fileDescriptors).toBeLessThanOrEqual((before?.fileDescriptors ?? 0) + 1);
  socket.destroy();
  server.close();
});

test.runIf(process.platform === "linux")("/proc tells of this process, and nothing of one that is not there", () => {
  const figures = readProc(process.pid);
  expect(figures?.rssBytes).toBeGreaterThan(figures?.pssBytes ?? Number.NaN);
  expect(figures?.fileDescriptors).toBeGreaterThan(3);
  expect(figures?.threads).toBeGreaterThan(1);
  expect(figures?.cpuMs).toBeGreaterThan(0);
  // Above any pid_max that a kernel allows.
  expect(readProc(2 ** 30)).toBeUndefined();
});
