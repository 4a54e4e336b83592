import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Convergence } from "@meshwork/console/api-types";
import { afterEach, expect, test } from "vitest";
import { readConsoleFile, removeConsoleFile, writeConsoleFile } from "./console-file.js";
import { awaitConvergence, CONVERGE_TIMEOUT_MS, whoIsMissing } from "./convergence.js";
import { DEFAULT_TYPES, parseTypes, resolveUpOptions } from "./options.js";
import { checkPort, choosePort, claimDataDir } from "./preflight.js";
import { jsonReporter } from "./reporter.js";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), "meshwork-up-"));
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const flags = { types: DEFAULT_TYPES, port: 0, dataDir: ".mesh", traffic: true };

test.each([
  [{ lab: true }, "--chaos"],
  [{ lab: true, chaos: true, inline: true }, "--inline"],
  [{ lab: true, chaos: true, bind: "192.0.2.7" }, "--bind"],
  [{ lab: true, chaos: true, host: "::1" }, "--host"],
])("a lab does not go with %j", (more, flag) => {
  expect(() => resolveUpOptions({ ...flags, ...more }, "/")).toThrow(
    expect.objectContaining({ code: "MESH_E_USAGE", message: expect.stringContaining(flag) }),
  );
});

test("the default is two meshes with nine nodes each", () => {
  const { meshes, types } = resolveUpOptions(flags, "/");
  expect(meshes).toEqual(["mesh1", "mesh2"]);
  expect(Object.fromEntries(types)).toEqual({ gateway: 2, broker: 3, compute: 2, registry: 2 });
  expect(parseTypes(" a=1 , b=0 ")).toEqual(
    new Map([
      ["a", 1],
      ["b", 0],
    ]),
  );
});

test.each([
  ["192.0.2.7", "192.0.2.7:0"],
  ["192.0.2.7:0", "192.0.2.7:0"],
  ["::1", "[::1]:0"],
  ["[2001:db8::1]:0", "[2001:db8::1]:0"],
])("--bind %s listens on %s", (bind, expected) => {
  expect(resolveUpOptions({ ...flags, bind }, "/").bind).toBe(expected);
});

test.each(["192.0.2.7:4711", "localhost", ""])("--bind %s is refused", (bind) => {
  expect(() => resolveUpOptions({ ...flags, bind }, "/")).toThrow(
    expect.objectContaining({ code: "MESH_E_BAD_ADDRESS" }),
  );
});

test.each([
  [undefined, undefined, "127.0.0.1", "127.0.0.1", undefined],
  ["::1", undefined, "::1", "::1", undefined],
  ["127.0.0.2", undefined, "127.0.0.2", "127.0.0.2", ["127.0.0.2"]],
  ["192.0.2.7", "console.lan", "192.0.2.7", "192.0.2.7", ["console.lan", "192.0.2.7"]],
  ["0.0.0.0", "console.lan, 192.0.2.7", "0.0.0.0", "127.0.0.1", ["console.lan", "192.0.2.7", "127.0.0.1"]],
  ["::", "[2001:db8::7]", "::", "::1", ["[2001:db8::7]", "[::1]"]],
])("--host %s --allow-remote %s", (host, allowRemote, listens, localHost, remoteNames) => {
  const given = { ...flags, ...(host && { host }), ...(allowRemote && { allowRemote }) };
  expect(resolveUpOptions(given, "/").address).toEqual({ host: listens, localHost, remoteNames });
});

test.each([
  [{ host: "192.0.2.7" }, "MESH_E_USAGE", "by plain HTTP"],
  [{ host: "0.0.0.0" }, "MESH_E_USAGE", "by plain HTTP"],
  [{ host: "192.0.2.7", allowRemote: "a/b" }, "MESH_E_USAGE", "without port"],
  [{ host: "192.0.2.7", allowRemote: "a:80" }, "MESH_E_USAGE", "without port"],
  [{ host: "console.lan" }, "MESH_E_BAD_ADDRESS", "write an IP address"],
  [{ allowRemote: "console.lan" }, "MESH_E_USAGE", "with --host"],
])("%j is refused", (given, code, text) => {
  const resolve = () => resolveUpOptions({ ...flags, ...given }, "/");
  expect(resolve).toThrow(expect.objectContaining({ code }));
  expect(resolve).toThrow(text);
});

test("a pool smaller than what it starts with is refused", () => {
  expect(() => resolveUpOptions({ ...flags, maxNodes: 17 }, "/")).toThrow("--max-nodes 17");
});

test("a taken port names its holder, by pid and command", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => server.close());
  const { port } = server.address() as { port: number };
  await expect(checkPort("127.0.0.1", port)).rejects.toMatchObject({
    code: "MESH_E_PORT_TAKEN",
    message: expect.stringContaining(`port ${port} is held by process ${process.pid} (`),
  });
});

test("a free port is found and passes the check", async () => {
  await checkPort("127.0.0.1", 0);
  const port = await choosePort("127.0.0.1", 0);
  expect(port).toBeGreaterThan(0);
  await checkPort("127.0.0.1", port);
  expect(await choosePort("127.0.0.1", port)).toBe(port);
});

test("the console file is its owner's only, and only its writer removes it", () => {
  const path = join(directory(), "console.json");
  const file = { url: "http://127.0.0.1:19090", token: "t", pid: process.pid };
  writeConsoleFile(path, file);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readConsoleFile(path)).toEqual(file);
  removeConsoleFile(path, process.pid + 1);
  expect(readConsoleFile(path)).toEqual(file);
  removeConsoleFile(path, process.pid);
  expect(readConsoleFile(path)).toBeUndefined();
});

test("a data directory is refused while its cluster lives, and taken over from a dead one", () => {
  const dataDir = directory();
  const path = join(dataDir, "console.json");
  writeConsoleFile(path, { url: "http://127.0.0.1:1", token: "t", pid: process.ppid });
  expect(() => claimDataDir(dataDir, path)).toThrow(expect.objectContaining({ code: "MESH_E_CLUSTER_RUNNING" }));
  // Above any pid_max that a kernel allows.
  writeConsoleFile(path, { url: "http://127.0.0.1:1", token: "t", pid: 2 ** 30 });
  claimDataDir(dataDir, path);
  expect(readConsoleFile(path)).toBeUndefined();
  writeFileSync(path, "{ damaged");
  claimDataDir(dataDir, path);
});

test("a data directory is made with all above it, and found made", () => {
  const path = join(directory(), "a", "b");
  claimDataDir(path, join(path, "console.json"));
  claimDataDir(path, join(path, "console.json"));
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

test.runIf(process.platform === "linux")("a file system that refuses directories does not hang the command", () => {
  expect(() => claimDataDir("/proc/meshwork/data", "/proc/meshwork/data/console.json")).toThrow(
    expect.objectContaining({ code: "MESH_E_DATA_DIR" }),
  );
});

test("a data directory that cannot be made is a clear error", () => {
  const file = join(directory(), "file");
  writeFileSync(file, "");
  expect(() => claimDataDir(join(file, "below"), join(file, "below", "console.json"))).toThrow(
    expect.objectContaining({ code: "MESH_E_DATA_DIR" }),
  );
});

const answer = (fields: Partial<Convergence>): Convergence => ({
  ...{ converged: false, live: 3, expected: null, elapsedMs: 1, unanswered: [], missing: [], unexpected: [] },
  ...fields,
});

/** A clock that only sleeping moves. */
function converge(answers: readonly (Convergence | Error)[], expected: number) {
  let nowMs = 0;
  let asked = 0;
  const outcome = awaitConvergence({
    expected,
    ask: async () => {
      const next = answers[Math.min(asked++, answers.length - 1)];
      if (next instanceof Error) throw next;
      return next as Convergence;
    },
    now: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
    },
  });
  return outcome.then((value) => ({ ...value, nowMs, asked }));
}

test("converged means that the console says so of as many nodes as there must be", async () => {
  const few = answer({ converged: true, live: 2 });
  const all = answer({ converged: true, live: 3 });
  expect(await converge([few, new Error("restarting"), all], 3)).toMatchObject({
    kind: "converged",
    live: 3,
    asked: 3,
  });
});

test("after a minute the missing are named", async () => {
  const stuck = answer({
    unanswered: [{ name: "a", reason: "MESH_E_TIMEOUT" }],
    missing: [{ at: "b", lacks: ["c", "a"] }],
    unexpected: [{ at: "d", lists: ["x"] }],
  });
  const { kind, nowMs, ...rest } = await converge([stuck], 3);
  expect(kind).toBe("timeout");
  expect(rest).toMatchObject({ missing: ["a", "c", "d"] });
  expect(nowMs).toBeGreaterThanOrEqual(CONVERGE_TIMEOUT_MS);
  expect(whoIsMissing(answer({ live: 2 }), 3)).toEqual(["1 of 3 nodes, which nobody lists"]);
});

test("the JSON events are those of the contracts", () => {
  let out = "";
  const io = { out: (text: string) => (out += text), err: () => {} };
  const reporter = jsonReporter(io as unknown as Parameters<typeof jsonReporter>[0]);
  reporter.starting(1, 1);
  reporter.started({ pid: 1, consolePid: 2, url: "http://127.0.0.1:1", token: "t" });
  reporter.node({ name: "m.t.abcdef", pid: 3, bootMs: 123.456 });
  reporter.converged(2, 1_234.5);
  reporter.timeout(["x"]);
  reporter.stopping("SIGINT");
  reporter.stopped(1);
  expect(
    out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { event: "started", pid: 1, consolePid: 2, url: "http://127.0.0.1:1", token: "t" },
    { event: "node", name: "m.t.abcdef", pid: 3, bootMs: 123.5 },
    { event: "converged", live: 2, elapsedMs: 1235 },
    { event: "timeout", missing: ["x"] },
  ]);
});
