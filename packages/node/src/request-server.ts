/**
 * Requests coming in. Each frame is answered on its own, in whatever order the handlers finish. A request's signal aborts when
 * its caller cancels, its deadline passes, its stream is lost or the node closes; what a late handler gives back is dropped.
 *
 * Owner: the node. Running requests are bounded per peer and in all; above that the answer is `overloaded` at once.
 */
import {
  decodeRequestOrCancel,
  encodeReply,
  MAX_BODY_BYTES,
  MeshError,
  type ReplyFrame,
  type RequestFrame,
} from "@meshwork/protocol";
import type { FramedWriter, InboundStream } from "@meshwork/transport";
import type { OutgoingReply } from "./types.js";

const MAX_RUNNING_PER_PEER = 1_024;
const MAX_RUNNING = 8_192;
const MAX_DEADLINE_MS = 3_600_000;

/** Runs one request and says how it went. Throws never: failures are outcomes. */
export type RunRequest = (
  peerId: string,
  request: RequestFrame,
  signal: AbortSignal,
  deadlineAtMs: number,
) => Promise<ReplyOutcome>;
export type ReplyOutcome = Pick<ReplyFrame, "outcome"> & { readonly message?: string; readonly body?: Uint8Array };

export class RequestServer {
  readonly #run: RunRequest;
  readonly #perPeer = new Map<string, number>();
  readonly #running = new Set<AbortController>();
  #idle: (() => void) | undefined;
  #closing = false;

  constructor(run: RunRequest) {
    this.#run = run;
  }

  sizes(): Record<string, number> {
    return { requestsRunning: this.#running.size, requestPeers: this.#perPeer.size };
  }

  accept(stream: InboundStream): void {
    const { send } = stream;
    if (send === undefined) {
      stream.recv.stop(0);
      return;
    }
    void this.#serve(stream, send);
  }

  /** Refuses what is new, waits for what runs, then aborts the rest. */
  async drain(timeoutMs: number): Promise<void> {
    this.#closing = true;
    if (this.#running.size > 0) {
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([
        new Promise<void>((resolve) => {
          this.#idle = resolve;
        }),
        new Promise<void>((resolve) => {
          timer = setTimeout(resolve, timeoutMs);
        }),
      ]);
      clearTimeout(timer);
    }
    for (const controller of [...this.#running]) controller.abort(new MeshError("MESH_E_CLOSED", "the node closes"));
  }

  async #serve(stream: InboundStream, send: FramedWriter): Promise<void> {
    const onStream = new Map<number, AbortController>();
    const state = { ended: false };
    try {
      for (;;) {
        const frame = await stream.recv.next();
        if (frame === null) break;
        const incoming = decodeRequestOrCancel(frame);
        if (incoming.kind === "cancel") {
          onStream.get(incoming.requestId)?.abort(new MeshError("MESH_E_CANCELLED", "the caller gave up"));
          continue;
        }
        void this.#answer(stream.peerId, incoming.request, send, onStream).then(() => {
          if (state.ended && onStream.size === 0) void send.finish().catch(() => {});
        });
      }
      // A clean end only means that the caller asks no more: what runs is still answered.
      state.ended = true;
      if (onStream.size === 0) await send.finish();
    } catch {
      // A lost or malformed stream: the transport closes it and counts the violation; its callers are gone.
      stream.recv.stop(0);
      for (const controller of onStream.values())
        controller.abort(new MeshError("MESH_E_UNREACHABLE", "the stream was lost"));
      send.reset(0);
    }
  }

  async #answer(
    peerId: string,
    request: RequestFrame,
    send: FramedWriter,
    onStream: Map<number, AbortController>,
  ): Promise<void> {
    const { requestId } = request;
    const reply = (outcome: ReplyOutcome) => send.write(encodeReply({ requestId, ...outcome })).catch(() => {});
    const running = this.#perPeer.get(peerId) ?? 0;
    if (this.#closing) return reply({ outcome: "refused", message: "the node is closing" });
    if (running >= MAX_RUNNING_PER_PEER || this.#running.size >= MAX_RUNNING || onStream.has(requestId)) {
      return reply({ outcome: "overloaded", message: `${running} requests of this peer are running` });
    }
    const controller = new AbortController();
    const deadlineMs = Math.min(request.deadlineMs, MAX_DEADLINE_MS);
    const timer = setTimeout(
      () => controller.abort(new MeshError("MESH_E_TIMEOUT", "the caller's deadline passed")),
      deadlineMs,
    );
    this.#perPeer.set(peerId, running + 1);
    this.#running.add(controller);
    onStream.set(requestId, controller);
    try {
      const outcome = await this.#run(peerId, request, controller.signal, performance.now() + deadlineMs);
      if (!controller.signal.aborted) await reply(outcome);
      else if (outcome.outcome !== "ok") await reply({ outcome: "cancelled", message: "aborted" });
    } finally {
      clearTimeout(timer);
      onStream.delete(requestId);
      this.#running.delete(controller);
      const left = (this.#perPeer.get(peerId) ?? 1) - 1;
      if (left <= 0) this.#perPeer.delete(peerId);
      else this.#perPeer.set(peerId, left);
      if (this.#running.size === 0) this.#idle?.();
    }
  }
}

/** Checks a handler's reply against the body limit. */
export function replyBody(reply: OutgoingReply | undefined): Uint8Array {
  const body = toBytes(reply?.body);
  if (body.byteLength > MAX_BODY_BYTES) {
    throw new MeshError("MESH_E_BODY_TOO_LARGE", `the reply has ${body.byteLength} bytes, at most ${MAX_BODY_BYTES}`);
  }
  return body;
}

const encoder = new TextEncoder();
const EMPTY = new Uint8Array(0);

export function toBytes(body: Uint8Array | string | undefined): Uint8Array {
  if (body === undefined) return EMPTY;
  return typeof body === "string" ? encoder.encode(body) : body;
}
