import { createServer } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { entryOf, FakeNode } from "../test/fake-node.js";
import { type Harness, openStream, rawRequest, rawSocket, startHarness, TOKEN } from "../test/harness.js";
import { startConsole } from "./console.js";

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness({ limits: { headerTimeoutMs: 300, bodyTimeoutMs: 200, maxStreamClients: 20 } });
});
afterEach(() => harness.console.close());

const PROTECTED = [
  ["GET", "/api/cluster"],
  ["GET", "/api/nodes"],
  ["GET", "/api/nodes/mesh1.broker.aaaaaa"],
  ["GET", "/api/links"],
  ["GET", "/api/directory"],
  ["GET", "/api/messages"],
  ["GET", "/api/events"],
  ["GET", "/api/convergence"],
  ["GET", "/api/traces"],
  ["GET", `/api/traces/${"a".repeat(32)}`],
  ["GET", "/api/boot/mesh1.broker.aaaaaa"],
  ["GET", "/api/services"],
  ["GET", "/api/stream"],
  ["GET", "/api/openapi.json"],
  ["GET", "/api/unknown"],
  ["GET", "/metrics"],
  ["POST", "/api/nodes"],
  ["DELETE", "/api/nodes/mesh1.broker.aaaaaa"],
  ["POST", "/api/nodes/mesh1.broker.aaaaaa/kill"],
  ["POST", "/api/send"],
  ["POST", "/api/demo"],
  ["DELETE", "/api/demo"],
  ["POST", "/v1/traces"],
  ["POST", "/v1/metrics"],
] as const;

test.each(PROTECTED)("%s %s needs the token", async (method, path) => {
  for (const authorization of [undefined, "Bearer wrong", `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN]) {
    const response = await fetch(harness.console.url + path, {
      method,
      headers: authorization === undefined ? {} : { authorization },
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: "MESH_E_UNAUTHORIZED", hint: expect.any(String) });
  }
  expect(harness.supervisor.actions).toEqual([]);
});

test("a token in the URL is not taken", async () => {
  expect((await fetch(`${harness.console.url}/api/cluster?token=${TOKEN}`)).status).toBe(401);
});

test("health needs no token and says nothing", async () => {
  const response = await fetch(`${harness.console.url}/api/health`);
  expect(await response.json()).toEqual({ status: "ok" });
});

test("a foreign Host is refused everywhere, ours are taken", async () => {
  const { port } = harness.console;
  for (const path of ["/", "/api/health", "/api/cluster"]) {
    for (const host of [`evil.example:${port}`, "127.0.0.1", `127.0.0.1:${port + 1}`, "localhost.evil.example"]) {
      const { status, body } = await rawRequest(port, path, { ...harness.auth, host });
      expect([status, JSON.parse(body).code]).toEqual([403, "MESH_E_BAD_HOST"]);
    }
    for (const host of [`127.0.0.1:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`])
      expect((await rawRequest(port, path, { ...harness.auth, host })).status).not.toBe(403);
  }
});

test("foreign origins and cross-site fetches are refused, with the token too", async () => {
  const { port } = harness.console;
  const host = `127.0.0.1:${port}`;
  const foreign: Record<string, string>[] = [
    { origin: "http://evil.example" },
    { origin: "null" },
    { origin: `https://127.0.0.1:${port}` },
    { origin: `http://127.0.0.1:${port + 1}` },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ];
  for (const headers of foreign)
    for (const [method, path] of [
      ["GET", "/api/cluster"],
      ["GET", "/api/stream"],
      ["POST", "/v1/traces"],
      ["POST", "/api/demo"],
    ]) {
      const answer = await rawRequest(port, path!, { ...harness.auth, host, ...headers }, method);
      expect([answer.status, JSON.parse(answer.body).code]).toEqual([403, "MESH_E_CROSS_SITE"]);
    }
  const own: Record<string, string>[] = [
    { origin: `http://${host}` },
    { "sec-fetch-site": "same-origin" },
    { "sec-fetch-site": "none" },
  ];
  for (const headers of own)
    expect((await rawRequest(port, "/api/cluster", { ...harness.auth, host, ...headers })).status).toBe(200);
});

test("there is no CORS, and every answer carries the security headers", async () => {
  const { port } = harness.console;
  const host = `127.0.0.1:${port}`;
  const preflight = await rawRequest(port, "/api/nodes", { host, origin: "http://evil.example" }, "OPTIONS");
  expect(preflight.status).toBe(403);
  for (const path of ["/", "/api/health", "/api/cluster", "/nothing"]) {
    const { headers } = await rawRequest(port, path, { ...harness.auth, host });
    expect(headers["access-control-allow-origin"]).toBeUndefined();
    expect(headers["content-security-policy"]).toMatch(/^default-src 'self'/);
    expect(headers["x-content-type-options"]).toBe("nosniff");
  }
});

test("bodies that are not JSON, malformed or too large are refused", async () => {
  const form = await harness.call("/api/nodes", {
    method: "POST",
    body: '{"mesh":"mesh1","type":"broker"}',
    headers: { "content-type": "text/plain" },
  });
  expect([form.status, (await form.json()).code]).toEqual([415, "MESH_E_BAD_CONTENT_TYPE"]);
  const malformed = await harness.call("/api/nodes", {
    method: "POST",
    body: "{",
    headers: { "content-type": "application/json" },
  });
  expect([malformed.status, (await malformed.json()).code]).toEqual([400, "MESH_E_INVALID_INPUT"]);
  const large = await harness.post("/api/send", { to: "x", operation: "y", data: "z".repeat(70_000) });
  expect([large.status, (await large.json()).code]).toEqual([413, "MESH_E_REQUEST_TOO_LARGE"]);
  // Chunked: no length is declared.
  const chunked = await harness.call("/api/send", {
    method: "POST",
    body: new Blob(["z".repeat(70_000)]).stream(),
    headers: { "content-type": "application/json" },
    duplex: "half",
  } as RequestInit);
  expect(chunked.status).toBe(413);
  expect(harness.supervisor.orders).toEqual([]);
});

test("slow headers and slow bodies end", async () => {
  const { port } = harness.console;
  const slowHeader = await rawSocket(port, "GET /api/cluster HTTP/1.1\r\nHost: 127");
  expect(slowHeader).toMatch(/^HTTP\/1\.1 408/);
  const slowBody = await rawSocket(
    port,
    `POST /api/demo HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
  );
  expect(slowBody).toMatch(/^HTTP\/1\.1 408[\s\S]*MESH_E_REQUEST_TIMEOUT/);
  expect(await rawSocket(port, "")).toMatch(/^(HTTP\/1\.1 408|$)/);
});

test("slow headers end by their own time-out, whatever a body may take", async () => {
  const patient = await startHarness({ limits: { headerTimeoutMs: 300, bodyTimeoutMs: 60_000 } });
  expect(await rawSocket(patient.console.port, "GET /api/cluster HTTP/1.1\r\nHost: 127")).toMatch(/^HTTP\/1\.1 408/);
  await patient.console.close();
}, 5_000);

test("unknown endpoints and methods have codes; chaos is not there", async () => {
  const code = async (method: string, path: string) => {
    const response = await harness.call(path, { method });
    return [response.status, (await response.json()).code];
  };
  expect(await code("GET", "/api/nothing")).toEqual([404, "MESH_E_NO_SUCH_ENDPOINT"]);
  expect(await code("POST", "/api/chaos/start")).toEqual([404, "MESH_E_NO_SUCH_ENDPOINT"]);
  expect(await code("PUT", "/api/nodes")).toEqual([405, "MESH_E_METHOD"]);
  expect(await code("GET", "/v1/traces")).toEqual([405, "MESH_E_METHOD"]);
  expect(await code("POST", "/api/stream")).toEqual([405, "MESH_E_METHOD"]);
  expect(await code("POST", "/")).toEqual([405, "MESH_E_METHOD"]);
  expect(await code("GET", "/../../etc/passwd")).toEqual([404, "MESH_E_NO_SUCH_ENDPOINT"]);
});

test("connections above the cap are closed", async () => {
  const small = await startHarness({ limits: { maxConnections: 2 } });
  const streams = [await openStream(small), await openStream(small)];
  await expect(fetch(`${small.console.url}/api/health`)).rejects.toThrow();
  for (const stream of streams) stream.close();
  await small.console.close();
});

test("only loopback, unless allowed with the host names", async () => {
  const node = new FakeNode().asNode;
  const options = { node, port: 0, token: TOKEN, host: "0.0.0.0" };
  await expect(startConsole(options)).rejects.toMatchObject({ code: "MESH_E_CONSOLE_BIND" });
  const remote = await startHarness({ host: "0.0.0.0", allowRemote: { hosts: ["mesh.example"] } });
  const { port } = remote.console;
  expect((await rawRequest(port, "/api/health", { host: `mesh.example:${port}` })).status).toBe(200);
  expect((await rawRequest(port, "/api/health", { host: `other.example:${port}` })).status).toBe(403);
  await remote.console.close();
  await expect(startConsole({ ...options, host: "127.0.0.1", token: "short" })).rejects.toMatchObject({
    code: "MESH_E_INVALID_INPUT",
  });
});

test("a taken port names its holder", async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
  const { port } = holder.address() as { port: number };
  const node = new FakeNode();
  const start = startConsole({
    ...{ node: node.asNode, port, token: TOKEN },
    portOwner: (asked) => ({ pid: 77, command: `holder of ${asked}` }),
  });
  await expect(start).rejects.toMatchObject({
    code: "MESH_E_PORT_TAKEN",
    message: expect.stringContaining(`process 77: holder of ${port}`),
  });
  expect(node.listeners).toBe(0);
  await new Promise((resolve) => holder.close(resolve));
});

test("an error without a code says nothing of its inside and is logged", async () => {
  harness.node.answer = async () => {
    throw new Error("/secret/path");
  };
  harness.node.join(entryOf("mesh1", "broker", 1));
  const response = await harness.post("/api/send", { to: "mesh1.broker.000001", operation: "x" });
  expect(response.status).toBe(500);
  const text = await response.text();
  expect(JSON.parse(text).code).toBe("MESH_E_INTERNAL");
  expect(text).not.toContain("secret");
  expect(harness.logs.join()).toContain("/secret/path");
});
