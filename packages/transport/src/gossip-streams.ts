/**
 * Gossip over unidirectional streams (gossip-wire, "Streams"): at most one open send stream per (connection, topic), opened
 * with its first frame, starting with the tag (on `/meshwork/1` only) and a frame that holds the topic. Frames for a peer
 * without a connection wait for the dial, bounded. Every inbound stream is read on its own, so none blocks another.
 *
 * Owner: the transport. Lanes leave when their stream ends or with their connection, waiting frames when the dial settles.
 */
import { bytesToHex, DecodeError, decodeTopicHeader, hexToBytes } from "@meshwork/protocol";
import { type Clock, withTimeout } from "./clock.js";
import type { Counters } from "./counters.js";
import { GossipLane, type LaneHooks } from "./gossip-lane.js";
import type { TransportLimits } from "./limits.js";
import { LinkError, type LinkRecvStream } from "./link.js";
import type { PeerConnection } from "./peer-connection.js";
import type { StallWatch } from "./stall-watch.js";
import { StreamReader } from "./stream-reader.js";
import { CloseCode } from "./types.js";

export interface GossipStreamsOptions {
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly counters: Counters;
  readonly stalls: StallWatch;
  readonly current: (peerId: string) => PeerConnection | undefined;
  /** Starts (or joins) a dial; settles when it has. */
  readonly dial: (peerId: string) => Promise<unknown>;
  readonly onFrame: (connection: PeerConnection, topic: Uint8Array, frame: Uint8Array) => void;
  /** The peer broke the rules; `fatal` ones cost it the connection. */
  readonly onViolation: (connection: PeerConnection, what: string, fatal: boolean) => void;
}

interface Waiting {
  readonly topic: string;
  readonly frame: Uint8Array;
  readonly final: boolean;
}

export class GossipStreams {
  readonly #options: GossipStreamsOptions;
  readonly #lanes = new Map<PeerConnection, Map<string, GossipLane>>();
  readonly #waiting = new Map<string, { frames: Waiting[]; bytes: number }>();
  readonly #laneHooks: LaneHooks;
  /** Finished but not yet drained; they leave by themselves. */
  readonly #finishing = new Set<GossipLane>();
  #inbound = 0;

  constructor(options: GossipStreamsOptions) {
    this.#options = options;
    this.#laneHooks = {
      onSent: (connection, frames, bytes) => {
        options.counters.countSent("gossip", frames, bytes);
        connection.used();
      },
      onDropped: (frames) => {
        options.counters.droppedFrames += frames;
      },
      onEnd: (lane) => this.#removeLane(lane),
    };
  }

  get laneCount(): number {
    let count = this.#finishing.size;
    for (const lanes of this.#lanes.values()) count += lanes.size;
    return count;
  }

  get inboundCount(): number {
    return this.#inbound;
  }

  get waitingFrames(): number {
    let count = 0;
    for (const queue of this.#waiting.values()) count += queue.frames.length;
    return count;
  }

  send(peerId: string, topicBytes: Uint8Array, frame: Uint8Array, final: boolean): void {
    if (topicBytes.length !== 32) throw new LinkError("invalid-argument", "a topic is 32 bytes");
    if (frame.length >= this.#options.limits.maxGossipFrameBytes) {
      // A frame that the peer would refuse must not cost the stream to it.
      this.#options.counters.droppedFrames += 1;
      return;
    }
    const topic = bytesToHex(topicBytes);
    const connection = this.#options.current(peerId);
    if (connection === undefined || this.#waiting.has(peerId)) this.#wait(peerId, { topic, frame, final });
    else this.#sendOn(connection, topic, frame, final);
  }

  #sendOn(connection: PeerConnection, topic: string, frame: Uint8Array, final: boolean): void {
    const lane = this.#lane(connection, topic);
    if (lane === undefined) {
      this.#options.counters.droppedFrames += 1;
      return;
    }
    lane.send(frame);
    if (final) this.#finish(lane);
  }

  #lane(connection: PeerConnection, topic: string): GossipLane | undefined {
    let lanes = this.#lanes.get(connection);
    if (lanes === undefined) {
      lanes = new Map();
      this.#lanes.set(connection, lanes);
      connection.onRetired(() => this.finishAll(connection));
    }
    const existing = lanes.get(topic);
    if (existing !== undefined) return existing;
    if (lanes.size >= this.#options.limits.maxGossipTopics) return undefined;
    const { clock, limits, stalls } = this.#options;
    const lane = new GossipLane(connection, topic, clock, limits, stalls, this.#laneHooks);
    lanes.set(topic, lane);
    return lane;
  }

  /** A later frame for the topic opens a new stream; this one drains by itself. */
  #finish(lane: GossipLane): void {
    this.#removeLane(lane);
    this.#finishing.add(lane);
    lane.finish();
  }

  #removeLane(lane: GossipLane): void {
    this.#finishing.delete(lane);
    const lanes = this.#lanes.get(lane.connection);
    if (lanes?.get(lane.topic) === lane) lanes.delete(lane.topic);
  }

  finishAll(connection: PeerConnection): void {
    const lanes = [...(this.#lanes.get(connection)?.values() ?? [])];
    this.#lanes.delete(connection);
    for (const lane of lanes) {
      if (connection.closing) lane.abandon();
      else this.#finish(lane);
    }
  }

  #wait(peerId: string, waiting: Waiting): void {
    const { limits, counters } = this.#options;
    let queue = this.#waiting.get(peerId);
    const isFirst = queue === undefined;
    if (queue === undefined) {
      queue = { frames: [], bytes: 0 };
      this.#waiting.set(peerId, queue);
    }
    if (queue.frames.length >= limits.dialQueueFrames || queue.bytes + waiting.frame.length > limits.dialQueueBytes) {
      counters.droppedFrames += 1;
    } else {
      queue.frames.push(waiting);
      queue.bytes += waiting.frame.length;
    }
    if (!isFirst) return;
    this.#options.dial(peerId).then(
      () => this.flush(peerId),
      () => this.flush(peerId),
    );
  }

  /** The peer has a connection now, or its dial has failed: what waits goes out, or is dropped and counted. */
  flush(peerId: string): void {
    const queue = this.#waiting.get(peerId);
    if (queue === undefined) return;
    this.#waiting.delete(peerId);
    const connection = this.#options.current(peerId);
    if (connection === undefined) {
      this.#options.counters.droppedFrames += queue.frames.length;
      return;
    }
    for (const { topic, frame, final } of queue.frames) this.#sendOn(connection, topic, frame, final);
  }

  /** The link of this connection has ended. */
  gone(connection: PeerConnection): void {
    const lanes = [...(this.#lanes.get(connection)?.values() ?? [])];
    this.#lanes.delete(connection);
    for (const lane of [...this.#finishing]) if (lane.connection === connection) lanes.push(lane);
    for (const lane of lanes) lane.abandon();
  }

  /** True when nothing that was queued is still on its way to the link. */
  get idle(): boolean {
    for (const lanes of this.#lanes.values()) for (const lane of lanes.values()) if (!lane.idle) return false;
    return this.#finishing.size === 0;
  }

  /** Reads an inbound gossip stream to its end. `initial` is what came behind the tag. Never rejects. */
  async accept(connection: PeerConnection, recv: LinkRecvStream, initial: Uint8Array | undefined): Promise<void> {
    const { limits, onViolation } = this.#options;
    if (connection.gossipIn >= limits.maxGossipTopics) {
      this.#options.counters.refusedStreams += 1;
      recv.stop(CloseCode.overCapacity);
      onViolation(connection, "too many gossip streams", false);
      return;
    }
    connection.countStream("gossip-in", 1);
    this.#inbound += 1;
    const reader = new StreamReader(recv, {
      maxFrameBytes: limits.maxGossipFrameBytes,
      budget: connection.budget,
      onBytes: () => connection.heard(),
      ...(initial === undefined ? {} : { initial }),
    });
    try {
      await this.#read(connection, reader);
    } catch (error) {
      reader.stop(CloseCode.protocolViolation);
      if (error instanceof DecodeError) onViolation(connection, `gossip: ${error.message}`, false);
    } finally {
      this.#inbound -= 1;
      connection.countStream("gossip-in", -1);
    }
  }

  async #read(connection: PeerConnection, reader: StreamReader): Promise<void> {
    const { clock, limits, counters, onFrame, onViolation } = this.#options;
    const header = await withTimeout(
      clock,
      reader.next(),
      limits.headerTimeoutMs,
      () => new DecodeError("no topic header in time"),
    );
    if (header === null) return;
    let topic: Uint8Array;
    try {
      topic = hexToBytes(decodeTopicHeader(header));
    } catch (error) {
      onViolation(connection, "gossip: no topic header", true);
      throw error;
    }
    for (;;) {
      const frame = await reader.next();
      if (frame === null) return;
      counters.countReceived("gossip", 1, 4 + frame.length);
      connection.used();
      onFrame(connection, topic, frame);
    }
  }
}
