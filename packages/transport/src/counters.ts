/** What the transport counts. A frame counts once, when the link has taken it or when it was cut from what was read. */
import { CloseCode, type FrameKind, StreamTag, type TransportCounters } from "./types.js";

const KINDS: readonly FrameKind[] = [
  "gossip",
  "probe",
  "sync",
  "stats",
  "telemetry",
  "request",
  "message",
  "stream",
  "hello",
];

const KIND_BY_TAG = new Map<number, FrameKind>(
  Object.entries(StreamTag).map(([kind, tag]) => [tag, kind as FrameKind]),
);

/** Tags of extensions (0x80 and up) count as application streams. */
export function kindOfTag(tag: number): FrameKind {
  return KIND_BY_TAG.get(tag) ?? "stream";
}

function perKind(): Record<FrameKind, { frames: number; bytes: number }> {
  return Object.fromEntries(KINDS.map((kind) => [kind, { frames: 0, bytes: 0 }])) as Record<
    FrameKind,
    { frames: number; bytes: number }
  >;
}

export class Counters implements TransportCounters {
  readonly sent = perKind();
  readonly received = perKind();
  readonly connectionsOpened = { inbound: 0, outbound: 0 };
  readonly connectionsClosed: Record<string, number> = Object.fromEntries(
    [...Object.keys(CloseCode), "timeout", "lost", "peer"].map((token) => [token, 0]),
  );
  dialsFailed = 0;
  pingsUnanswered = 0;
  unknownTags = 0;
  refusedStreams = 0;
  droppedFrames = 0;
  violations = 0;

  countSent(kind: FrameKind, frames: number, bytes: number): void {
    const total = this.sent[kind];
    total.frames += frames;
    total.bytes += bytes;
  }

  countReceived(kind: FrameKind, frames: number, bytes: number): void {
    const total = this.received[kind];
    total.frames += frames;
    total.bytes += bytes;
  }

  countClosed(token: string): void {
    this.connectionsClosed[token] = (this.connectionsClosed[token] ?? 0) + 1;
  }
}
