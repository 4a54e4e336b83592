/** What simulated nodes send each other besides gossip: on lanes of their own, and as datagrams; with their sizes on the wire. */
import { encodeProbeFrame, type ProbeFrame } from "@meshwork/protocol";

/** The length before each frame of a stream. */
export const FRAME_HEADER_BYTES = 4;
/** Tag, kind, and 8 bytes of nonce (`packages/transport`, probe.ts). */
export const PING_BYTES = 10;

export type LanePacket =
  /** `opens`: the first frame of a session, in which the receiver takes part. */
  | { readonly kind: "sync"; readonly opens: boolean; readonly frame: Uint8Array }
  /** The sending half is finished, in good order or not. */
  | { readonly kind: "sync-end" }
  | { readonly kind: "probe"; readonly frame: ProbeFrame };

export interface ProbePacket {
  readonly ping: boolean;
}

export const PING: ProbePacket = { ping: true };
export const PONG: ProbePacket = { ping: false };

/** Kinds for the count of bytes, beside those of gossip messages. */
export type PacketKind = "ping" | "pong" | "sync" | "ask" | "answer" | "tell";

export function packetBytes(packet: LanePacket): number {
  // The end of a stream rides on its last frame.
  if (packet.kind === "sync-end") return 0;
  const frame = packet.kind === "sync" ? packet.frame : encodeProbeFrame(packet.frame);
  return FRAME_HEADER_BYTES + frame.length;
}

export function packetKind(packet: LanePacket): PacketKind {
  if (packet.kind !== "probe") return "sync";
  switch (packet.frame.kind) {
    case "indirect-request":
      return "ask";
    case "indirect-reply":
      return "answer";
    case "obituary":
      return "tell";
  }
}
