/** What the simulated link puts on the simulator's lanes, and what each frame weighs. The names are QUIC's (RFC 9000 §19) where it has them. */

/** On the control lane of a pair of hosts: it carries all link connections between them. */
export type ControlFrame =
  /** The handshake: who dials, whom it expects there, which protocol it speaks. */
  | {
      readonly kind: "open";
      readonly connection: number;
      readonly alpn: string;
      readonly from: string;
      readonly to: string;
    }
  | { readonly kind: "opened"; readonly connection: number }
  | { readonly kind: "refused"; readonly connection: number; readonly why: "refused-alpn" | "wrong-id" }
  | { readonly kind: "close"; readonly connection: number; readonly code: number; readonly reason: string };

/** On a lane of its own per stream. */
export type StreamFrame = { readonly connection: number } & (
  | StreamData
  /** The reader has taken so many bytes: room in the window. */
  | { readonly kind: "credit"; readonly count: number }
  | { readonly kind: "stop-sending"; readonly code: number }
  /** The reader has come to the end: the stream no longer counts. */
  | { readonly kind: "done" }
);

/** From the writer. `opens` on the first frame of a lane: only that one shows the stream to the peer. */
export type StreamData = { readonly opens?: "uni" | "bi" } & (
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "fin" }
  | { readonly kind: "reset"; readonly code: number }
);

export interface DatagramFrame {
  readonly connection: number;
  readonly bytes: Uint8Array;
}

/** IP, UDP and QUIC headers with the packet's seal; the model sends each frame in a packet of its own. */
const PACKET_OVERHEAD_BYTES = 60;

export function frameBytes(frame: ControlFrame | StreamFrame | DatagramFrame): number {
  return PACKET_OVERHEAD_BYTES + ("bytes" in frame ? frame.bytes.length : 0);
}
