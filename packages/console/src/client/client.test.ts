import { afterEach, beforeEach, expect, expectTypeOf, test } from "vitest";
import { entryOf } from "../../test/fake-node.js";
import { type Harness, startHarness, TOKEN } from "../../test/harness.js";
import { ENDPOINTS } from "../api/endpoints/index.js";
import type { DirectoryView, NodeDetail, SendResult, SpawnResult } from "../api-types.js";
import { type Answer, ConsoleApi, type Input, targetOf } from "./index.js";

const broker = entryOf("mesh1", "broker", 2);

let harness: Harness;
let api: ConsoleApi;
beforeEach(async () => {
  harness = await startHarness();
  harness.node.join(broker);
  api = new ConsoleApi({ url: harness.console.url, token: TOKEN });
});
afterEach(() => harness.console.close());

test("calls are typed by the endpoints themselves", () => {
  expectTypeOf<Answer<"GET /api/nodes/{name}">>().toEqualTypeOf<NodeDetail>();
  expectTypeOf<Answer<"POST /api/nodes">>().toEqualTypeOf<SpawnResult>();
  expectTypeOf<Answer<"POST /api/send">>().toEqualTypeOf<SendResult>();
  expectTypeOf<Input<"GET /api/nodes/{name}">>().toEqualTypeOf<{ readonly path: { name: string } }>();
  expectTypeOf<Input<"POST /api/nodes/{name}/kill">>().toEqualTypeOf<{ readonly path: { name: string } }>();
  // @ts-expect-error: there is no such endpoint
  void ((): unknown => api.call("GET /api/colours"));
  // @ts-expect-error: the name is missing
  void ((): unknown => api.call("GET /api/nodes/{name}"));
  // @ts-expect-error: the count is a number
  void ((): unknown => api.call("POST /api/nodes", { body: { mesh: "mesh1", type: "broker", count: "2" } }));
  // @ts-expect-error: there is no such filter
  void ((): unknown => api.call("GET /api/nodes", { query: { colour: "red" } }));
  expectTypeOf(targetOf("GET /api/directory").answers).toEqualTypeOf<DirectoryView | undefined>();
});

test("paths and queries are filled in and escaped", () => {
  expect(targetOf("GET /api/nodes/{name}", { path: { name: "a/b?c" } })).toBe("/api/nodes/a%2Fb%3Fc");
  expect(targetOf("GET /api/traces", { query: { limit: 5, kind: "boot" } })).toBe("/api/traces?limit=5&kind=boot");
  expect(targetOf("GET /api/nodes", { query: { mesh: "mesh1", type: undefined } })).toBe("/api/nodes?mesh=mesh1");
  expect(Object.values(ENDPOINTS).length).toBeGreaterThan(15);
});

test("calls reach the console, with path, query and body", async () => {
  expect((await api.call("GET /api/nodes/{name}", { path: { name: broker.name } })).id).toBe(broker.id);
  expect((await api.call("GET /api/nodes", { query: { type: "broker" } })).nodes).toHaveLength(1);
  expect((await api.get(targetOf("GET /api/cluster"))).live).toBe(2);
  const body = { mesh: "mesh1", type: "broker", count: 2 };
  expect((await api.call("POST /api/nodes", { body })).spawned).toHaveLength(1);
  const reply = await api.call("POST /api/send", { body: { to: broker.name, operation: "echo", data: "x" } });
  expect(reply.replyText).toBe("x");
  expect((await api.call("DELETE /api/nodes/{name}", { path: { name: "mesh9.none.aaaaaa" } })).result).toBe("already");
});

test("what fails has the console's own code; who does not answer, and what is no console, has one too", async () => {
  const unknown = api.call("GET /api/nodes/{name}", { path: { name: "mesh9.none.aaaaaa" } });
  await expect(unknown).rejects.toMatchObject({ status: 404, code: "MESH_E_UNKNOWN_NAME", hint: expect.any(String) });
  const { url } = harness.console;
  const stranger = new ConsoleApi({ url, token: TOKEN, fetch: async () => new Response("<html>", { status: 200 }) });
  await expect(stranger.call("GET /api/cluster")).rejects.toMatchObject({ status: 200, code: "MESH_E_NO_CONSOLE" });
  const silent = new ConsoleApi({
    ...{ url, token: TOKEN, timeoutMs: 20 },
    fetch: (_, init) =>
      new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal!.reason))),
  });
  await expect(silent.call("GET /api/cluster")).rejects.toMatchObject({ status: 0, code: "MESH_E_TIMEOUT" });
  await harness.console.close();
  const gone = await api.call("GET /api/cluster").catch((error: unknown) => error);
  expect(gone).toMatchObject({ status: 0, code: "MESH_E_NO_CONSOLE", message: expect.stringContaining(`${url}: `) });
});

test("an abort passes through as it is", async () => {
  const controller = new AbortController();
  const reason = new Error("nobody looks");
  controller.abort(reason);
  await expect(api.get(targetOf("GET /api/cluster"), { signal: controller.signal })).rejects.toBe(reason);
});

test("a stream is handed over as it comes, and its refusal has a code", async () => {
  const controller = new AbortController();
  const body = await api.stream("/api/stream", controller.signal);
  const reader = body.getReader();
  const { value } = await reader.read();
  expect(new TextDecoder().decode(value)).toMatch(/^id: [0-9a-f]+-\d+\nevent: snapshot/);
  controller.abort();
  await expect(reader.read()).rejects.toThrow();
  const refused = api.stream("/api/stream?only=nothing", new AbortController().signal);
  await expect(refused).rejects.toMatchObject({ status: 400, code: "MESH_E_INVALID_INPUT" });
});
