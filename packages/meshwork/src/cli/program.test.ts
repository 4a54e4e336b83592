import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type FakeConsole, fakeConsole, mesh } from "../testing/command.js";
import { writeConsoleFile } from "../up/console-file.js";

const COMMANDS = [
  "up",
  "node",
  "seed",
  "members",
  "events",
  "describe",
  "send",
  "trace",
  "profile",
  "status",
  "completion",
];
const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function consoleWith(answers: Readonly<Record<string, unknown>>): Promise<FakeConsole> {
  const console = await fakeConsole(answers);
  cleanups.push(() => console.close());
  return console;
}

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), "meshwork-cli-"));
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test.each(COMMANDS)("mesh %s --help exits 0 and shows examples", async (command) => {
  const { exitCode, out, err } = await mesh([command, "--help"]);
  expect(exitCode).toBe(0);
  expect(out).toContain(`Usage: mesh ${command}`);
  expect(out).toContain(`  $ `);
  expect(err).toBe("");
});

test.each(COMMANDS.filter((command) => command !== "completion"))("mesh %s takes --json", async (command) => {
  expect((await mesh([command, "--help"])).out).toContain("--json");
});

test("mesh alone shows help and is a usage error; --version is none", async () => {
  const alone = await mesh([]);
  expect(alone.exitCode).toBe(2);
  expect(alone.err).toContain("Usage: mesh");
  const version = await mesh(["--version"]);
  expect(version.exitCode).toBe(0);
  expect(version.out).toMatch(/^\d+\.\d+\.\d+/);
});

test.each([
  ["an unknown command", ["dance"]],
  ["an unknown option", ["status", "--loud"]],
  ["a missing argument", ["describe"]],
  ["a surplus argument", ["status", "now"]],
  ["a port that is none", ["up", "--port", "70000"]],
  ["a port that is no number", ["up", "--port", "http"]],
  ["a time-out of 0", ["send", "a", "b", "--timeout", "0"]],
  ["types without a count", ["up", "--types", "broker"]],
  ["a type twice", ["up", "--types", "broker=1,broker=2"]],
  ["the console as a type", ["up", "--types", "console=2"]],
  ["too many nodes", ["up", "--types", "broker=900"]],
  ["data and file", ["send", "a", "b", "--data", "x", "--file", "y"]],
  ["an unreadable file", ["send", "a", "b", "--file", "nothing-here"]],
  ["an unknown shell", ["completion", "tcsh"]],
  ["a URL that is none", ["status", "--url", "here"]],
  ["a URL without its token", ["status", "--url", "http://127.0.0.1:1"]],
])("%s is a usage error with code and hint", async (_title, args) => {
  const { exitCode, out, err } = await mesh(args);
  expect(exitCode).toBe(2);
  expect(out).toBe("");
  expect(err).toMatch(/^error MESH_E_USAGE: .+\nhint: .+\n$/);
});

test("a bad mesh name keeps its own code", async () => {
  const { exitCode, err } = await mesh(["up", "--mesh", "No Mesh"]);
  expect(exitCode).toBe(1);
  expect(err).toContain("error MESH_E_BAD_MESH: ");
});

test("with --json an error is one line of JSON on standard error", async () => {
  const { exitCode, out, err } = await mesh(["status", "--json", "--loud"]);
  expect(exitCode).toBe(2);
  expect(out).toBe("");
  expect(JSON.parse(err)).toMatchObject({
    code: "MESH_E_USAGE",
    message: expect.any(String),
    hint: expect.any(String),
  });
});

test.each(["status", "members", "seed"])("mesh %s without a console exits 3", async (command) => {
  const { exitCode, err } = await mesh([command], { cwd: directory() });
  expect(exitCode).toBe(3);
  expect(err).toMatch(/^error MESH_E_NO_CONSOLE: .+\nhint: .+mesh up.+\n$/);
});

test("a console file that leads nowhere, or is damaged, exits 3", async () => {
  const cwd = directory();
  const console = await fakeConsole({});
  await console.close();
  writeConsoleFile(join(cwd, "console.json"), { url: console.url, token: console.token, pid: 1 });
  const gone = await mesh(["status", "--data-dir", cwd]);
  expect(gone.exitCode).toBe(3);
  expect(gone.err).toContain("ECONNREFUSED");
  writeFileSync(join(cwd, "console.json"), "{");
  expect((await mesh(["status", "--data-dir", cwd])).exitCode).toBe(3);
});

test("what answers but is no console exits 3", async () => {
  const console = await consoleWith({ "GET /api/cluster": [200, "<html>"] });
  const { exitCode, err } = await mesh(["status", ...console.flags]);
  expect(exitCode).toBe(3);
  expect(err).toContain("no meshwork console");
});

test("the console is found by file, by variables, and by the URL with its token", async () => {
  const cwd = directory();
  const console = await consoleWith({ "GET /api/nodes": { atMs: 0, nodes: [] } });
  writeConsoleFile(join(cwd, "console.json"), { url: console.url, token: console.token, pid: 1 });
  const env = { MESH_CONSOLE_URL: console.url, MESH_CONSOLE_TOKEN: console.token };
  expect((await mesh(["members", "--data-dir", cwd])).exitCode).toBe(0);
  expect((await mesh(["members"], { env })).exitCode).toBe(0);
  expect((await mesh(["members", "--url", `${console.url}/#token=${console.token}`])).exitCode).toBe(0);
  expect((await mesh(["members", "--url", console.url, "--token", "wrong"])).err).toContain("MESH_E_UNAUTHORIZED");
});

test("an error of the console keeps its code and hint", async () => {
  const console = await consoleWith({});
  const { exitCode, err } = await mesh(["describe", "nobody", ...console.flags]);
  expect(exitCode).toBe(1);
  expect(err).toBe("error MESH_E_UNKNOWN_NAME: no live node has this name\nhint: `mesh members`\n");
});

test("a deadline that passed at the node exits 4", async () => {
  const late = [504, { code: "MESH_E_TIMEOUT", message: "the deadline passed", hint: "raise it" }];
  const console = await consoleWith({ "POST /api/send": late });
  expect((await mesh(["send", "a", "ping", ...console.flags])).exitCode).toBe(4);
});

const SENT = {
  from: "mesh1.console.aaaaaa",
  to: "mesh2.broker.239dc9",
  operation: "produce",
  oneWay: false,
  replyBytes: 2,
  replyBase64: "NDE=",
  replyText: "41",
  roundTripMs: 0.84,
  path: { address: "127.0.0.1:4711", kind: "direct" },
  traceId: "a".repeat(32),
};

test("send prints reply, path and round trip", async () => {
  const console = await consoleWith({ "POST /api/send": SENT });
  const { exitCode, out } = await mesh([
    "send",
    "mesh2.broker",
    "produce",
    "--data",
    "hi",
    "--timeout",
    "900",
    ...console.flags,
  ]);
  expect(exitCode).toBe(0);
  expect(out).toContain("reply       41\n");
  expect(out).toContain("path        direct 127.0.0.1:4711\n");
  expect(out).toContain("round trip  0.84 ms\n");
  const body = {
    to: { mesh: "mesh2", type: "broker" },
    operation: "produce",
    timeoutMs: 900,
    oneWay: false,
    data: "hi",
  };
  expect(console.requests.map((request) => request.body)).toEqual([body]);
});

test("send takes a body from a file, byte for byte, and gives JSON", async () => {
  const cwd = directory();
  writeFileSync(join(cwd, "body"), Uint8Array.of(0, 255, 10));
  const console = await consoleWith({ "POST /api/send": SENT });
  const { out } = await mesh(["send", "mesh2.broker.239dc9", "produce", "--file", "body", "--json", ...console.flags], {
    cwd,
  });
  expect(JSON.parse(out)).toEqual(SENT);
  expect(console.requests[0]?.body).toMatchObject({ to: "mesh2.broker.239dc9", dataBase64: "AP8K" });
});

const node = (name: string, fields: object = {}) => ({
  id: name.padStart(64, "0").replace(/[^0-9a-f]/g, "0"),
  name,
  mesh: name.split(".")[0],
  type: name.split(".")[1],
  state: "alive",
  stateAgeMs: 7_000,
  live: true,
  accusedBy: [],
  observers: [],
  agreeing: 0,
  knownForMs: 1,
  addresses: ["127.0.0.1:1"],
  location: "127.0.0.1:1",
  uptimeMs: null,
  recordAgeMs: 12,
  loadClass: "idle",
  cpuUsedCores: null,
  ramUsedBytes: null,
  framesSentPerMinute: null,
  framesReceivedPerMinute: null,
  ...fields,
});
const NODES = {
  atMs: 0,
  nodes: [
    node("mesh2.broker.bbbbbb"),
    node("mesh1.console.cccccc", { knownForMs: 99 }),
    node("mesh1.broker.aaaaaa", { knownForMs: 5 }),
    node("mesh1.broker.dddddd", { knownForMs: 9, state: "dead", live: false }),
  ],
};

test("members filters, sorts, and leaves blank what is unknown", async () => {
  const console = await consoleWith({ "GET /api/nodes": NODES });
  const { out } = await mesh(["members", "--mesh", "mesh1", "--type", "broker", ...console.flags]);
  const lines = out.trimEnd().split("\n");
  expect(lines).toHaveLength(3);
  expect(lines[1]).toMatch(/^mesh1\.broker\.aaaaaa +alive +7\.0 s +- +127\.0\.0\.1:1 +- +12 ms +idle +- +- +- +-$/);
  const { nodes } = JSON.parse((await mesh(["members", "--json", ...console.flags])).out);
  expect(nodes.map(({ name }: { name: string }) => name)).toEqual([...NODES.nodes.map(({ name }) => name)].sort());
});

test("seed prefers who has been there longest, and the console last", async () => {
  const console = await consoleWith({ "GET /api/nodes": NODES, "GET /api/cluster": { console: { mesh: "mesh1" } } });
  const idOf = (name: string) => NODES.nodes.find((candidate) => candidate.name === name)?.id;
  const one = await mesh(["seed", ...console.flags]);
  expect(one.out).toBe(`${idOf("mesh1.broker.aaaaaa")}@127.0.0.1:1\n`);
  const two = await mesh(["seed", "--mesh", "mesh1", "--count", "2", "--json", ...console.flags]);
  expect(JSON.parse(two.out).nodes.map(({ name }: { name: string }) => name)).toEqual([
    "mesh1.broker.aaaaaa",
    "mesh1.console.cccccc",
  ]);
  expect((await mesh(["seed", "--mesh", "mesh9", ...console.flags])).err).toContain("MESH_E_NO_CANDIDATE");
});

const STEP = { offsetMs: 0, durationMs: 3, status: "unset", statusMessage: "", attributes: {} };

test("trace names the step in which a boot stalled", async () => {
  const boot = {
    name: "mesh1.broker.aaaaaa",
    traceId: "b".repeat(32),
    state: "stalled",
    startedAtMs: 0,
    durationMs: 5_003,
    step: "mesh.boot.gossip_started",
    message: "still open after 5 s",
    steps: [
      { ...STEP, name: "mesh.boot.identity_loaded" },
      {
        ...STEP,
        name: "mesh.boot.gossip_started",
        offsetMs: 3,
        durationMs: 5_000,
        status: "error",
        statusMessage: "stalled",
      },
    ],
    ageMs: 1,
  };
  const console = await consoleWith({ "GET /api/boot/mesh1.broker.aaaaaa": boot });
  const { exitCode, out } = await mesh(["trace", "mesh1.broker.aaaaaa", ...console.flags]);
  expect(exitCode).toBe(0);
  expect(out).toContain("stalled in mesh.boot.gossip_started: still open after 5 s");
  expect(out).toMatch(/ {2}mesh\.boot\.gossip_started .*█.* 5\.0 s {2}stalled\n/);
});

test("trace draws a trace by its id across nodes, and lists the newest", async () => {
  const traceId = "c".repeat(32);
  const span = {
    parentSpanId: null,
    orphan: false,
    depth: 0,
    offsetMs: 0,
    durationMs: 2,
    status: "ok",
    statusMessage: "",
  };
  const summary = {
    ...{
      traceId,
      rootName: "mesh.message.sent",
      operation: "produce",
      ageMs: 9,
      durationMs: 2,
      spanCount: 2,
      errorCount: 0,
    },
    nodes: ["mesh1.gateway.eeeeee", "mesh2.broker.bbbbbb"],
  };
  const attributes = { "mesh.operation": "produce" };
  const spans = [
    { ...span, name: "mesh.message.sent", node: "mesh1.gateway.eeeeee", attributes },
    {
      ...span,
      name: "mesh.message.received",
      node: "mesh2.broker.bbbbbb",
      depth: 1,
      offsetMs: 1,
      durationMs: 1,
      attributes,
    },
  ];
  const console = await consoleWith({
    [`GET /api/traces/${traceId}`]: { ...summary, spans },
    "GET /api/traces": { traces: [summary] },
  });
  const drawn = (await mesh(["trace", traceId, ...console.flags])).out;
  expect(drawn).toMatch(/mesh\.message\.sent produce +mesh1\.gateway\.eeeeee/);
  expect(drawn).toMatch(/ {2}mesh\.message\.received produce +mesh2\.broker\.bbbbbb/);
  const listed = (await mesh(["trace", ...console.flags])).out;
  expect(listed).toContain(traceId);
  expect(listed).toContain("mesh1.gateway.eeeeee → mesh2.broker.bbbbbb");
});
