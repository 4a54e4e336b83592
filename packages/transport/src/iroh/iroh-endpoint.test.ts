/** What only the native make can get wrong: sockets, collection by the garbage collector, messages, process life. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, expect, test } from "vitest";
import type { LinkConnection, LinkEndpoint } from "../link.js";
import { eventually } from "../testing/kit.js";
import { parseSocketAddress, planBind, unexpectedSockets } from "./addresses.js";
import { bindIrohEndpoint } from "./endpoint.js";
import { connectError, parseCloseReason, streamError } from "./errors.js";
import { retainedSizes } from "./retained.js";

const ALPN = "/test/1";
const endpoints: LinkEndpoint[] = [];

afterEach(async () => {
  for (const endpoint of endpoints.splice(0)) await endpoint.close(0, "test");
});

function key(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}

async function bind(bindTo?: string, secretKey = key()): Promise<LinkEndpoint> {
  const endpoint = await bindIrohEndpoint({ secretKey, alpns: [ALPN], bind: bindTo });
  endpoints.push(endpoint);
  return endpoint;
}

async function connected(): Promise<{ out: LinkConnection; in: LinkConnection }> {
  const [a, b] = [await bind(), await bind()];
  const accepted = b.accept();
  const out = await a.connect(b.id, b.boundAddresses(), ALPN, { timeoutMs: 5_000 });
  return { out, in: (await accepted) as LinkConnection };
}

test("by default the sockets are loopback of both families and nothing else", async () => {
  const endpoint = await bind();
  const bound = endpoint.boundAddresses().map(parseSocketAddress);
  expect(bound.map((socket) => socket?.ip).sort()).toEqual(["127.0.0.1", "::1"]);
  expect(bound.every((socket) => (socket?.port ?? 0) > 0)).toBe(true);
});

/** UDP sockets of this process that are bound to a wildcard address, by the kernel's own list. */
function wildcardSockets(): string[] {
  const inodes = new Set<string>();
  for (const fd of readdirSync("/proc/self/fd")) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // Closed meanwhile.
    }
  }
  const lines = ["udp", "udp6"].flatMap((file) =>
    readFileSync(`/proc/self/net/${file}`, "utf8").trim().split("\n").slice(1),
  );
  return lines.filter((line) => {
    const fields = line.trim().split(/\s+/);
    return /^0+:/.test(fields[1] as string) && inodes.has(fields[9] as string);
  });
}

test.skipIf(process.platform !== "linux")(
  "the kernel agrees, once the binding's search for a router is over",
  async () => {
    await bind();
    // iroh asks the LAN for a UPnP router right after binding, from a socket of its own, for about a second. The binding has no
    // switch for it; nothing of ours is reachable through that socket.
    await eventually(() => wildcardSockets().length === 0, 5_000);
  },
);

test("a given address binds its family; the other stays on loopback", async () => {
  const v4 = (await bind("127.0.0.2:0")).boundAddresses().map(parseSocketAddress);
  expect(v4.map((socket) => socket?.ip).sort()).toEqual(["127.0.0.2", "::1"]);
  const v6 = (await bind("[::1]:0")).boundAddresses().map(parseSocketAddress);
  expect(v6.map((socket) => socket?.ip).sort()).toEqual(["127.0.0.1", "::1"]);
});

test("sockets beyond the plan are found", () => {
  const plan = planBind("127.0.0.1:4000");
  expect(unexpectedSockets(plan, ["127.0.0.1:4000", "[::1]:5"])).toEqual([]);
  expect(unexpectedSockets(plan, ["127.0.0.1:4001", "[::]:5", "0.0.0.0:4000", "nonsense"])).toHaveLength(4);
  expect(unexpectedSockets(planBind("[0:0:0:0:0:0:0:1]:0"), ["127.0.0.1:1", "[::1]:5"])).toEqual([]);
});

test("a bad address and a taken port are clear errors", async () => {
  for (const bad of [
    "localhost:1",
    "1.2.3.4",
    "1.2.3.4:99999",
    "::1:5",
    "[::1]",
    "[fe80::1%eth0]:1",
    "300.1.1.1:1",
    "",
  ]) {
    await expect(bind(bad)).rejects.toMatchObject({ code: "MESH_E_BAD_ADDRESS" });
  }
  const first = await bind();
  await expect(bind(first.boundAddresses()[0])).rejects.toMatchObject({ code: "MESH_E_PORT_TAKEN" });
  await expect(bind("192.0.2.77:0")).rejects.toMatchObject({ code: "MESH_E_BIND" });
});

test("the id derives from the key; one key runs once in a process", async () => {
  const secret = key();
  const first = await bind(undefined, secret);
  await expect(bind(undefined, secret)).rejects.toMatchObject({ code: "MESH_E_DUPLICATE_IDENTITY" });
  await first.close(0, "over");
  expect((await bind(undefined, secret)).id).toBe(first.id);
  await expect(bind(undefined, new Uint8Array(31))).rejects.toMatchObject({ code: "invalid-argument" });
});

test("what nobody holds is not collected: endpoint, connection, unfinished stream", async () => {
  setFlagsFromString("--expose_gc");
  const gc = runInNewContext("gc") as () => void;
  const b = await bind();
  const accepted = b.accept();
  await (async () => {
    // In a scope of its own, so that nothing here refers to a, its connection or its stream afterwards.
    const a = await bindIrohEndpoint({ secretKey: key(), alpns: [ALPN] });
    const out = await a.connect(b.id, b.boundAddresses(), ALPN, { timeoutMs: 5_000 });
    const stream = await out.openUni();
    await stream.write(Uint8Array.of(1));
  })();
  const inbound = (await accepted) as LinkConnection;
  const recv = await inbound.acceptUni();
  expect(await recv?.read(10)).toEqual(Uint8Array.of(1));
  let ended = "";
  recv?.read(10).then(
    () => {
      ended = "stream";
    },
    () => {},
  );
  void inbound.closed.then(() => {
    ended = "connection";
  });
  for (let i = 0; i < 20; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(ended).toBe("");
  inbound.close(0, "over");
  await inbound.closed;
});

test("nothing native stays held once everything is closed", async () => {
  await eventually(() => retainedSizes().connections === 0);
  const before = retainedSizes();
  const { out, in: inbound } = await connected();
  const stream = await out.openBi();
  await stream.send.write(Uint8Array.of(1));
  await inbound.acceptBi();
  const now = retainedSizes();
  expect([now.endpoints - before.endpoints, now.connections - before.connections]).toEqual([2, 2]);
  expect(now.streams - before.streams).toBe(4);
  for (const endpoint of endpoints.splice(0)) await endpoint.close(0, "over");
  await Promise.all([out.closed, inbound.closed]);
  expect(retainedSizes()).toEqual(before);
});

test("streams are let go of as they end", async () => {
  const { out, in: inbound } = await connected();
  const before = retainedSizes().streams;
  for (let i = 0; i < 50; i++) {
    const send = await out.openUni();
    await send.write(Uint8Array.of(i));
    const recv = await inbound.acceptUni();
    if (i % 2 === 0) await send.finish();
    else await send.reset(3);
    try {
      while ((await recv?.read(10)) != null);
    } catch {
      // Reset.
    }
  }
  expect(retainedSizes().streams).toBe(before);
});

test("a burst of datagrams that was taken is on the wire, none dropped at the sender", async () => {
  const { out } = await connected();
  let taken = 0;
  for (let i = 0; i < 3_000; i++) if (out.sendDatagram(new Uint8Array(1_000))) taken += 1;
  expect(taken).toBeGreaterThan(100);
  await eventually(() => out.stats().sentPackets >= taken);
});

test("messages are told apart with and without RUST_BACKTRACE", () => {
  const plain = (text: string) => new Error(text);
  const traced = (text: string) =>
    new Error(
      `ConnectError::Connecting (/root/.cargo/registry/src/iroh-1.0.2/src/endpoint.rs:1060:20)\nCaused by:\n    ${text}\n\n` +
        "Stack backtrace:\n   0: <anyhow::Error>::msg\n   1: timed out, LocallyClosed, error 120, Reset(1)",
    );
  for (const form of [plain, traced]) {
    const code = (text: string) => connectError(form(text)).code;
    expect(
      code("aborted by peer: the cryptographic handshake failed: error 120: peer doesn't support any known protocol"),
    ).toBe("refused-alpn");
    expect(code("the cryptographic handshake failed: error 48: invalid peer certificate: UnknownIssuer")).toBe(
      "wrong-id",
    );
    expect(code("timed out")).toBe("timeout");
    expect(code("Endpoint is closed (/root/.cargo/x/endpoint.rs:1097:24)")).toBe("closed");
    expect(code("No addressing information available")).toBe("unreachable");
    expect(code("the server refused to accept a new connection")).toBe("unreachable");
    expect(connectError(form("No addressing information available (/root/a.rs:1:2)")).message).toBe(
      "No addressing information available",
    );
  }
  expect(streamError(new Error("Reset(77)\n\nStack backtrace:\n Stopped(5)"))).toMatchObject({
    code: "reset",
    streamCode: 77,
  });
  expect(streamError(new Error("Stopped(55)"))).toMatchObject({ code: "stopped", streamCode: 55 });
  expect(streamError(new Error("ConnectionLost(LocallyClosed)\n\nStack backtrace:\n Reset(1)"))).toMatchObject({
    code: "closed",
  });
});

test("close reasons are read by their last code, and only ours are words", () => {
  const parse = (text: string) => parseCloseReason(text, undefined);
  expect(parse("closed by peer: superseded (code 2)")).toEqual({ by: "peer", code: 2, reason: "superseded" });
  expect(parse("closed by peer: odd (code 99) thing (code 7)")).toEqual({
    by: "peer",
    code: 7,
    reason: "odd (code 99) thing",
  });
  expect(parse("closed by peer: 0")).toEqual({ by: "peer", code: 0, reason: "" });
  expect(parse("closed by peer: close from disconnect (code 0)").reason).toBe("close from disconnect");
  expect(parse("timed out").by).toBe("timeout");
  expect(parse("aborted by peer: the cryptographic handshake failed").by).toBe("lost");
  expect(parseCloseReason("closed", { code: 3, reason: "idle" })).toEqual({ by: "local", code: 3, reason: "idle" });
});

test("calls of the binding that abort the process do not occur", () => {
  const folder = new URL(".", import.meta.url);
  const sources = readdirSync(folder).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  expect(sources.length).toBeGreaterThanOrEqual(6);
  for (const file of sources) {
    const code = readFileSync(new URL(file, folder), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
    expect(code, file).not.toMatch(/\.watch[A-Z]|setLogLevel|\.stopped\(|\.receivedReset\(|readExact|Array\.from/);
  }
});

const CHILD = `
  import { createIrohTransport, retainedSizes } from ${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)};
  const hello = (n) => ({ protocolVersion: 1, bootNonce: n.repeat(16), mesh: "m", topics: [], role: "member", name: "n" });
  const key = () => crypto.getRandomValues(new Uint8Array(32));
  const [a, b] = [
    await createIrohTransport({ secretKey: key(), hello: hello("1") }),
    await createIrohTransport({ secretKey: key(), hello: hello("2") }),
  ];
  b.handleStreams(0x10, async ({ recv, send }) => { for (let f; (f = await recv.next()) !== null; ) await send.write(f); });
  a.learnAddresses(b.id, b.boundAddresses());
  const channel = await a.openBi(b.id, 0x10);
  await channel.send.write(Uint8Array.of(7));
  const reply = await channel.recv.next();
  a.sendGossip(b.id, new Uint8Array(32), Uint8Array.of(1), false);
  await a.probe(b.id, 2000);
  const pending = channel.recv.next().catch(() => "ended");
  await Promise.all([a.close(), b.close()]);
  console.log(JSON.stringify({ reply: reply[0], pending: await pending, held: retainedSizes(), sizes: a.sizes() }));
`;

test("a process that opened, connected, talked and closed exits by itself", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", CHILD], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const limit = setTimeout(() => child.kill("SIGKILL"), 15_000);
  const [code, signal] = await once(child, "exit");
  clearTimeout(limit);
  expect([code, signal, errors]).toEqual([0, null, ""]);
  const said = JSON.parse(output);
  expect([said.reply, said.pending]).toEqual([7, "ended"]);
  expect(said.held).toEqual({ endpoints: 0, connections: 0, streams: 0 });
  for (const [name, size] of Object.entries(said.sizes))
    if (name !== "knownPeers") expect([name, size]).toEqual([name, 0]);
});
