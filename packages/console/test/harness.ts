/** A running console on fakes, and the callers that the tests need. */
import { request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import type { IntakeSpan } from "@meshwork/telemetry";
import { type ConsoleOptions, startConsole } from "../src/console.js";
import type { IntakeDecoders } from "../src/http/otlp.js";
import { FakeNode } from "./fake-node.js";
import { FakeSupervisor } from "./fake-supervisor.js";

export const TOKEN = "t".repeat(32);

/** Stands in for the decoders of the telemetry room: a JSON list of spans; the byte 0xff is malformed. */
export const fakeDecoders: IntakeDecoders = {
  decodeTraceRequest: (bytes) => fakeDecoders.decodeTraceRequestJson(Buffer.from(bytes).toString()),
  decodeTraceRequestJson: (text) => JSON.parse(text) as IntakeSpan[],
  decodeMetricsRequest: (bytes) => {
    if (bytes[0] === 0xff) throw new Error("malformed");
    return [];
  },
};

let nextSpan = 1;

export function spanOf(
  extra: Partial<IntakeSpan> & { readonly node?: string; readonly service?: string } = {},
): IntakeSpan {
  const { node, service, ...span } = extra;
  const spanId = (nextSpan++).toString(16).padStart(16, "0");
  return {
    ...{
      traceId: spanId.repeat(2),
      spanId,
      parentSpanId: undefined,
      name: "test",
      kind: 1,
      startMs: 1_000,
      endMs: 1_010,
    },
    ...{ attributes: {}, events: [], statusCode: 0, statusMessage: "" },
    resource: {
      "service.name": service ?? node?.split(".")[1] ?? "test",
      ...(node !== undefined && { "mesh.node.name": node, "mesh.id": node.split(".")[0]! }),
    },
    ...span,
  };
}

/** Client and server span of one call. */
export function callOf(from: string, to: string, operation = "produce", error = false): [IntakeSpan, IntakeSpan] {
  const attributes = { "mesh.operation": operation, "mesh.bytes": 200, "mesh.outcome": error ? "timeout" : "ok" };
  const statusCode = error ? 2 : 0;
  const sent = spanOf({
    ...{ node: from, name: "mesh.message.sent", kind: 3, statusCode },
    attributes: { ...attributes, "mesh.peer.name": to },
  });
  const received = spanOf({
    ...{ node: to, name: "mesh.message.received", kind: 2, traceId: sent.traceId, parentSpanId: sent.spanId },
    ...{ startMs: 1_002, endMs: 1_008, attributes },
  });
  return [sent, received];
}

/** A response whose JSON the tests take as they expect it. */
export type Answer = Omit<Response, "json"> & {
  // biome-ignore lint/suspicious/noExplicitAny: the tests compare the fields they look at
  json(): Promise<any>;
};

export async function startHarness(options: Partial<ConsoleOptions> = {}) {
  const node = new FakeNode();
  const supervisor = new FakeSupervisor();
  const logs: string[] = [];
  const console = await startConsole({
    ...{ node: node.asNode, supervisor, port: 0, token: TOKEN, decoders: fakeDecoders, log: (line) => logs.push(line) },
    ...options,
    limits: { firstLookMs: 50, ...options.limits },
  });
  const auth = { authorization: `Bearer ${TOKEN}` };
  const call = (path: string, init: RequestInit = {}): Promise<Answer> =>
    fetch(console.url + path, { ...init, headers: { ...auth, ...(init.headers as Record<string, string>) } });
  const get = async <T = Record<string, unknown>>(path: string): Promise<T> => {
    const response = await call(path);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  const post = (path: string, body?: unknown, method = "POST") =>
    call(path, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  const sendSpans = async (spans: readonly IntakeSpan[]) => {
    const response = await post("/v1/traces", spans);
    if (response.status !== 200) throw new Error(`intake: ${response.status}`);
  };
  return { node, supervisor, logs, console, auth, call, get, post, sendSpans };
}

export type Harness = Awaited<ReturnType<typeof startHarness>>;

/** With headers that fetch does not let one set (Host). */
export function rawRequest(port: number, path: string, headers: Record<string, string>, method = "GET") {
  return new Promise<{ status: number; body: string; headers: Record<string, unknown> }>((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port, path, method, headers }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
    });
    request.on("error", reject);
    request.end();
  });
}

/** Writes `text` and gives what comes back until the other side ends. */
export function rawSocket(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

export interface StreamMessage {
  readonly id: string;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: the tests pick the field they look at
  readonly data: any;
}

/** A reader of the live stream. */
export async function openStream(harness: Harness, lastEventId?: string, query = "") {
  const abort = new AbortController();
  const response = await harness.call(`/api/stream${query}`, {
    signal: abort.signal,
    headers: lastEventId === undefined ? {} : { "last-event-id": lastEventId },
  });
  if (response.status !== 200) throw Object.assign(new Error("stream refused"), { status: response.status });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  const next = async (): Promise<StreamMessage | undefined> => {
    for (;;) {
      const end = buffer.indexOf("\n\n");
      if (end >= 0) {
        const lines = buffer.slice(0, end).split("\n");
        buffer = buffer.slice(end + 2);
        const field = (name: string) =>
          lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? "";
        return { id: field("id"), event: field("event"), data: JSON.parse(field("data")) };
      }
      const { value, done } = await reader.read();
      if (done) return undefined;
      buffer += value;
    }
  };
  const until = async (fits: (message: StreamMessage) => boolean): Promise<StreamMessage> => {
    for (;;) {
      const message = await next();
      if (message === undefined) throw new Error("the stream ended");
      if (fits(message)) return message;
    }
  };
  return { next, until, close: () => abort.abort() };
}
