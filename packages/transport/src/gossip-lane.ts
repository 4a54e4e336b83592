/**
 * The outgoing gossip stream of one (connection, topic): opened with its first frame, finished after a Disconnect or when the
 * connection retires. Frames that come while it opens wait in it, within the same bound as the stream's queue.
 * Owner: GossipStreams; removed when finished, when its stream fails, or with its connection.
 */
import { encodeFrame, encodeTopicHeader } from "@meshwork/protocol";
import type { Clock } from "./clock.js";
import type { TransportLimits } from "./limits.js";
import type { PeerConnection } from "./peer-connection.js";
import type { Stallable, StallWatch } from "./stall-watch.js";
import { StreamWriter } from "./stream-writer.js";
import { ALPN_MESHWORK, CloseCode, StreamTag } from "./types.js";

/** A peer counts as standing still when one write does: at 16 KiB that is one that takes less than 3 kB/s. */
const GOSSIP_WRITE_BYTES = 16_384;

export interface LaneHooks {
  readonly onSent: (connection: PeerConnection, frames: number, bytes: number) => void;
  readonly onDropped: (frames: number) => void;
  readonly onEnd: (lane: GossipLane) => void;
}

export class GossipLane implements Stallable {
  readonly connection: PeerConnection;
  readonly topic: string;
  readonly #clock: Clock;
  readonly #limits: TransportLimits;
  readonly #stalls: StallWatch;
  readonly #hooks: LaneHooks;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #writer: StreamWriter | undefined;
  #finishing = false;
  #ended = false;
  #lastBeginMs = 0;

  constructor(
    connection: PeerConnection,
    topic: string,
    clock: Clock,
    limits: TransportLimits,
    stalls: StallWatch,
    hooks: LaneHooks,
  ) {
    this.connection = connection;
    this.topic = topic;
    this.#clock = clock;
    this.#limits = limits;
    this.#stalls = stalls;
    this.#hooks = hooks;
    connection.countStream("gossip-out", 1);
    this.#busy();
    connection.link.openUni().then(
      (stream) => {
        if (this.#ended) {
          void stream.reset(CloseCode.shutdown);
          return;
        }
        this.#start(stream);
      },
      () => this.#end(),
    );
  }

  /** Since when the opening, or the write under way, has not come back. */
  get busySinceMs(): number | undefined {
    if (this.#ended) return undefined;
    return this.#writer === undefined || this.#writer.isWriting ? this.#lastBeginMs : undefined;
  }

  get waitingBytes(): number {
    return this.#waitingBytes + (this.#writer?.queuedBytes ?? 0);
  }

  get idle(): boolean {
    return this.#ended || (this.#writer !== undefined && !this.#writer.isWriting && this.#writer.queuedBytes === 0);
  }

  #busy(): void {
    this.#lastBeginMs = this.#clock.now();
    this.#stalls.note(this);
  }

  #start(stream: ConstructorParameters<typeof StreamWriter>[0]): void {
    const header = encodeFrame(encodeTopicHeader(this.topic));
    const tagged = this.connection.alpn === ALPN_MESHWORK;
    const prefix = tagged ? Uint8Array.of(StreamTag.gossip, ...header) : header;
    const writer = new StreamWriter(stream, {
      maxQueuedBytes: this.#limits.streamQueueBytes,
      maxWriteBytes: GOSSIP_WRITE_BYTES,
      prefix,
      onBusy: () => this.#busy(),
      onSent: (frames, bytes) => this.#hooks.onSent(this.connection, frames, bytes),
      onEnd: () => this.#end(),
    });
    this.#writer = writer;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const frame of waiting) this.#write(writer, frame);
    if (this.#finishing) writer.finish().catch(() => {});
  }

  #write(writer: StreamWriter, frame: Uint8Array): void {
    if (!writer.tryWrite(frame)) this.#hooks.onDropped(1);
  }

  /** Queues the frame, or drops and counts it where the queue is full. Never waits. */
  send(frame: Uint8Array): void {
    if (this.#ended || this.#finishing) {
      this.#hooks.onDropped(1);
    } else if (this.#writer !== undefined) {
      this.#write(this.#writer, frame);
    } else if (this.#waitingBytes + frame.length > this.#limits.streamQueueBytes) {
      this.#hooks.onDropped(1);
    } else {
      this.#waiting.push(frame);
      this.#waitingBytes += frame.length;
    }
  }

  /** What is queued still goes out, then the stream ends cleanly. */
  finish(): void {
    if (this.#finishing) return;
    this.#finishing = true;
    this.#writer?.finish().catch(() => {});
  }

  onStalled(): void {
    this.connection.close(CloseCode.stalled);
  }

  /** The connection is gone. */
  abandon(): void {
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const lost = this.#waiting.length + (this.#writer?.unsentFrames ?? 0);
    if (lost > 0) this.#hooks.onDropped(lost);
    this.#waiting = [];
    this.#hooks.onEnd(this);
    this.connection.countStream("gossip-out", -1);
  }
}
