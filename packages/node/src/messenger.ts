/**
 * Messages by name: resolves the target, opens the span, carries the trace context along, turns outcomes into typed errors, and
 * runs the handlers of what comes in. One client span and one server span make one trace across processes and meshes.
 */

import {
  type DirectoryEntry,
  decodeOneWay,
  encodeOneWay,
  isOperationName,
  MAX_BODY_BYTES,
  MeshError,
  OUTCOME_ERRORS,
  type RequestFrame,
} from "@meshwork/protocol";
import { ATTR, SPAN, type Telemetry } from "@meshwork/telemetry";
import { type FramedWriter, type InboundStream, StreamTag, type Transport } from "@meshwork/transport";
import { type Attributes, context, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Directories } from "./directories.js";
import type { Handlers } from "./handlers.js";
import { asMeshError, RequestClient } from "./request-client.js";
import { type ReplyOutcome, RequestServer, replyBody, toBytes } from "./request-server.js";
import type { IncomingRequest, OutgoingReply, Reply, RequestOptions, Target } from "./types.js";

const DEFAULT_TIMEOUT_MS = 5_000;
const MAX_TIMEOUT_MS = 3_600_000;

export interface MessengerOptions {
  readonly transport: Transport;
  readonly telemetry: Telemetry;
  readonly directories: Directories;
  readonly handlers: Handlers;
  /** Records the duration of each request by operation and outcome. */
  readonly onRequest: (side: "client" | "server", operation: string, outcome: string, durationMs: number) => void;
}

export class Messenger {
  readonly #options: MessengerOptions;
  readonly #client: RequestClient;
  readonly #server: RequestServer;
  readonly #oneWay = new Map<string, Promise<FramedWriter>>();

  constructor(options: MessengerOptions) {
    this.#options = options;
    this.#client = new RequestClient(options.transport);
    this.#server = new RequestServer((peerId, request, signal, deadlineAtMs) =>
      this.#runRequest(peerId, request, signal, deadlineAtMs),
    );
  }

  start(): void {
    const { transport } = this.#options;
    transport.handleStreams(StreamTag.request, (stream) => this.#server.accept(stream));
    transport.handleStreams(StreamTag.message, (stream) => void this.#readOneWay(stream));
  }

  sizes(): Record<string, number> {
    return { ...this.#client.sizes(), ...this.#server.sizes(), messageStreams: this.#oneWay.size };
  }

  /** A peer is gone: its one-way stream with it (request streams notice by themselves). */
  peerLost(peerId: string): void {
    this.#oneWay.delete(peerId);
  }

  drain(timeoutMs: number): Promise<void> {
    return this.#server.drain(timeoutMs);
  }

  async request(
    target: Target,
    operation: string,
    body: Uint8Array | string | undefined,
    options: RequestOptions = {},
  ): Promise<Reply> {
    checkOperation(operation);
    const bytes = checkedBody(body);
    const timeoutMs = checkedTimeout(options.timeoutMs);
    const startMs = performance.now();
    const span = this.#startClient(operation, bytes.byteLength, target);
    let outcome = "ok";
    try {
      const entry = this.#select(target, span);
      const { traceparent, tracestate } = this.#options.telemetry.inject(span);
      const reply = await this.#client.exchange({
        peerId: entry.id,
        operation,
        body: bytes,
        traceparent,
        tracestate,
        timeoutMs,
        signal: options.signal,
      });
      if (reply.outcome !== "ok") {
        throw new MeshError(
          OUTCOME_ERRORS[reply.outcome],
          `${operation} at ${entry.name}${reply.message ? `: ${reply.message}` : ""}`,
        );
      }
      return this.#reply(entry, reply.body, performance.now() - startMs, span);
    } catch (error) {
      const meshError = asMeshError(error);
      outcome = outcomeOf(meshError);
      span.setStatus({ code: SpanStatusCode.ERROR, message: meshError.message });
      throw meshError;
    } finally {
      span.setAttribute(ATTR.outcome, outcome);
      span.end();
      this.#options.onRequest("client", operation, outcome, performance.now() - startMs);
    }
  }

  async send(
    target: Target,
    operation: string,
    body: Uint8Array | string | undefined,
    options: RequestOptions = {},
  ): Promise<void> {
    checkOperation(operation);
    const bytes = checkedBody(body);
    checkedTimeout(options.timeoutMs);
    const span = this.#startClient(operation, bytes.byteLength, target, SpanKind.PRODUCER);
    let outcome = "ok";
    try {
      options.signal?.throwIfAborted();
      const entry = this.#select(target, span);
      let writer = await this.#oneWayStream(entry.id);
      if (writer.ended) {
        this.#oneWay.delete(entry.id);
        writer = await this.#oneWayStream(entry.id);
      }
      await writer.write(encodeOneWay({ operation, body: bytes, ...this.#options.telemetry.inject(span) }));
    } catch (error) {
      const meshError = asMeshError(error);
      outcome = outcomeOf(meshError);
      span.setStatus({ code: SpanStatusCode.ERROR, message: meshError.message });
      throw meshError;
    } finally {
      span.setAttribute(ATTR.outcome, outcome);
      span.end();
    }
  }

  /** The node that a target means, named on the span; where no connection is live its dial needs the record's addresses. */
  #select(target: Target, span: Span): DirectoryEntry {
    const { directories, transport } = this.#options;
    const entry = directories.select(target);
    setPeer(span, entry);
    if (!transport.isConnected(entry.id)) transport.learnAddresses(entry.id, entry.record.addresses);
    return entry;
  }

  #reply(entry: DirectoryEntry, body: Uint8Array, roundTripMs: number, span: Span): Reply {
    const peer = this.#options.transport.peer(entry.id);
    return {
      body,
      text: () => new TextDecoder().decode(body),
      from: { id: entry.id, name: entry.name },
      roundTripMs,
      get path() {
        return peer?.path;
      },
      traceId: span.spanContext().traceId,
    };
  }

  #startClient(operation: string, bytes: number, target: Target, kind = SpanKind.CLIENT): Span {
    const name = operation.startsWith("mesh.") ? SPAN.systemSent : SPAN.messageSent;
    const selector: Attributes = typeof target === "string" ? {} : { [ATTR.selector]: `${target.mesh}.${target.type}` };
    return this.#options.telemetry.startSpan(name, {
      kind,
      attributes: { [ATTR.operation]: operation, [ATTR.bytes]: bytes, ...selector },
    });
  }

  #oneWayStream(peerId: string): Promise<FramedWriter> {
    const existing = this.#oneWay.get(peerId);
    if (existing !== undefined) return existing;
    const opening = this.#options.transport.openUni(peerId, StreamTag.message);
    this.#oneWay.set(peerId, opening);
    opening.catch(() => {
      if (this.#oneWay.get(peerId) === opening) this.#oneWay.delete(peerId);
    });
    return opening;
  }

  async #readOneWay(stream: InboundStream): Promise<void> {
    try {
      for (;;) {
        const frame = await stream.recv.next();
        if (frame === null) return;
        const message = decodeOneWay(frame);
        const controller = new AbortController();
        const request: RequestFrame = { requestId: 0, deadlineMs: DEFAULT_TIMEOUT_MS, ...message };
        void this.#runRequest(
          stream.peerId,
          request,
          controller.signal,
          performance.now() + DEFAULT_TIMEOUT_MS,
          SpanKind.CONSUMER,
        );
      }
    } catch {
      stream.recv.stop(0);
    }
  }

  async #runRequest(
    peerId: string,
    request: RequestFrame,
    signal: AbortSignal,
    deadlineAtMs: number,
    kind = SpanKind.SERVER,
  ): Promise<ReplyOutcome> {
    const { telemetry, directories, transport, handlers } = this.#options;
    const { operation } = request;
    const entry = directories.byId(peerId);
    const hello = entry === undefined ? transport.peer(peerId)?.hello : undefined;
    const from = { id: peerId, name: entry?.name ?? hello?.name, mesh: entry?.mesh ?? hello?.mesh ?? "" };
    const parent = telemetry.extract({
      ...(request.traceparent === undefined ? {} : { traceparent: request.traceparent }),
      ...(request.tracestate === undefined ? {} : { tracestate: request.tracestate }),
    });
    const span = telemetry.startSpan(
      operation.startsWith("mesh.") ? SPAN.systemReceived : SPAN.messageReceived,
      {
        kind,
        attributes: {
          [ATTR.operation]: operation,
          [ATTR.bytes]: request.body.byteLength,
          [ATTR.peerId]: peerId,
          ...(from.name === undefined ? {} : { [ATTR.peerName]: from.name }),
        },
      },
      parent,
    );
    const startMs = performance.now();
    let outcome: ReplyOutcome;
    try {
      const handler = handlers.get(operation);
      if (handler === undefined) outcome = { outcome: "no_such_operation", message: operation };
      else {
        const incoming: IncomingRequest = {
          operation,
          body: request.body,
          from,
          signal,
          remainingMs: () => Math.max(0, deadlineAtMs - performance.now()),
        };
        const reply: OutgoingReply | undefined = await context.with(trace.setSpan(parent, span), () =>
          handler(incoming),
        );
        outcome = signal.aborted ? { outcome: "cancelled" } : { outcome: "ok", body: replyBody(reply) };
      }
    } catch (error) {
      outcome = failureOf(error);
    }
    if (outcome.outcome !== "ok")
      span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.message ?? outcome.outcome });
    span.setAttribute(ATTR.outcome, outcome.outcome);
    span.end();
    this.#options.onRequest("server", operation, outcome.outcome, performance.now() - startMs);
    return outcome;
  }
}

function checkOperation(operation: string): void {
  if (!isOperationName(operation)) throw new MeshError("MESH_E_BAD_OPERATION", JSON.stringify(operation));
}

function checkedBody(body: Uint8Array | string | undefined): Uint8Array {
  const bytes = toBytes(body);
  if (bytes.byteLength > MAX_BODY_BYTES) {
    throw new MeshError("MESH_E_BODY_TOO_LARGE", `${bytes.byteLength} bytes, at most ${MAX_BODY_BYTES}`);
  }
  return bytes;
}

function checkedTimeout(timeoutMs = DEFAULT_TIMEOUT_MS): number {
  if (!(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
    throw new MeshError(
      "MESH_E_BAD_OPTION",
      `timeoutMs is ${timeoutMs}; it must be above 0 and at most ${MAX_TIMEOUT_MS}`,
    );
  }
  return timeoutMs;
}

function setPeer(span: Span, entry: DirectoryEntry): void {
  span.setAttribute(ATTR.peerId, entry.id);
  span.setAttribute(ATTR.peerName, entry.name);
}

function outcomeOf(error: MeshError): string {
  return error.code.slice("MESH_E_".length).toLowerCase();
}

/** A handler may refuse, or say that it has too much in hand, and the caller learns which; anything else is its failure. */
function failureOf(error: unknown): ReplyOutcome {
  const { code, detail } = error instanceof MeshError ? error : {};
  if (code === "MESH_E_REFUSED") return { outcome: "refused", message: messageOf(detail) };
  if (code === "MESH_E_OVERLOADED") return { outcome: "overloaded", message: messageOf(detail) };
  return { outcome: "handler_failed", message: messageOf(error) };
}

/** What a caller may know of a failure: the message, cut; never the stack. */
function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 512);
}
