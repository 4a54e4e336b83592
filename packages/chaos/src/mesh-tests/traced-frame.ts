/**
 * A frame carries the trace that it is part of: in its bytes, and from one node to another, where the server's span is a child of the
 * client's in one trace, as both have exported them.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  decodeOneWay,
  decodeRequestOrCancel,
  encodeOneWay,
  encodeRequest,
  type RequestFrame,
} from "@meshwork/protocol";
import { SPAN } from "@meshwork/telemetry";
import { decodeTraceRequest, type IntakeSpan } from "@meshwork/telemetry/intake";
import { seededRandom } from "../soak/random.js";
import { withTwoNodes } from "./flood.js";
import { expectNone, type TestStage } from "./mesh-test.js";

const CASES = 256;
const MAX_SPANS = 1_000;

/** What is tested; another one to see the test fail. */
export interface MessageCodec {
  readonly throughRequest: (frame: RequestFrame) => { readonly traceparent?: string; readonly tracestate?: string };
  readonly throughOneWay: (frame: RequestFrame) => { readonly traceparent?: string; readonly tracestate?: string };
}

export const CODEC: MessageCodec = {
  throughRequest: (frame) => {
    const decoded = decodeRequestOrCancel(encodeRequest(frame));
    if (decoded.kind !== "request") throw new Error(`a request was read as ${decoded.kind}`);
    return decoded.request;
  },
  throughOneWay: (frame) => decodeOneWay(encodeOneWay(frame)),
};

export async function tracedFrame(stage: TestStage): Promise<string> {
  expectNone(codecProblems(CODEC, stage.seed));
  const { spans, traceId } = await exportedSpans();
  expectNone(traceProblems(spans, traceId));
  return `${CASES} frames, and a request between two nodes: one trace, ${spans.length} spans exported`;
}

export function codecProblems(codec: MessageCodec, seed: number): string[] {
  const random = seededRandom(seed, "traced frame");
  const hex = (digits: number) => Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join("");
  const problems: string[] = [];
  for (let index = 0; index < CASES; index++) {
    const traceparent = `00-${hex(32)}-${hex(16)}-0${index % 2}`;
    const tracestate = `vendor=${hex(1 + Math.floor(random() * 200))}`;
    const call = { operation: "test.traced", body: Buffer.from(hex(8)), deadlineMs: 1_000, requestId: index + 1 };
    const frame = { ...call, traceparent, tracestate };
    for (const [kind, out] of [
      ["request", codec.throughRequest(frame)],
      ["message", codec.throughOneWay(frame)],
    ] as const) {
      if (out.traceparent !== traceparent) problems.push(`${kind} ${index}: ${traceparent} became ${out.traceparent}`);
      if (out.tracestate !== tracestate) problems.push(`${kind} ${index}: its trace state became ${out.tracestate}`);
    }
  }
  return problems;
}

/** One client span, one server span below it, both of the trace that the caller was told. */
export function traceProblems(spans: readonly IntakeSpan[], traceId: string): string[] {
  const ofTrace = spans.filter((span) => span.traceId === traceId);
  const clients = ofTrace.filter(({ name }) => name === SPAN.messageSent);
  const servers = ofTrace.filter(({ name }) => name === SPAN.messageReceived);
  const [client, server] = [clients[0], servers[0]];
  if (clients.length !== 1 || client === undefined)
    return [`${clients.length} client spans of trace ${traceId}, not one`];
  if (servers.length !== 1 || server === undefined)
    return [`${servers.length} server spans of trace ${traceId}, not one`];
  const problems: string[] = [];
  if (server.parentSpanId !== client.spanId)
    problems.push(`the server's span is below ${server.parentSpanId}, not below the client's ${client.spanId}`);
  const node = ({ resource }: IntakeSpan) => resource["mesh.node.id"];
  if (node(client) === undefined || node(client) === node(server)) problems.push("both spans are of one node");
  return problems;
}

/** Of two nodes that end, so that all is exported; by an intake of our own. */
async function exportedSpans(): Promise<{ spans: IntakeSpan[]; traceId: string }> {
  const spans: IntakeSpan[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.url === "/v1/traces" && spans.length < MAX_SPANS)
        spans.push(...decodeTraceRequest(Buffer.concat(chunks)));
      response.writeHead(200, { "content-type": "application/x-protobuf" });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const traceId = await withTwoNodes(
      async (asker, answerer) => {
        answerer.handle("test.traced", () => ({ body: "traced" }));
        return (await asker.request(answerer.name, "test.traced")).traceId;
      },
      { url: `http://127.0.0.1:${port}`, token: "test" },
    );
    return { spans, traceId };
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
