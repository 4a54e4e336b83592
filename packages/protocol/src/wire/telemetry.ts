/**
 * Frames of telemetry streams (tag 0x05): one batch and one answer per stream.
 *
 * A batch is its kind (u8: 1 traces, 2 metrics), the hops that it has behind it (u8: 0 from its maker, 1 from one who passes it on) and
 * an OTLP export request in protobuf, which is not looked into here. An answer is one byte: 1 taken, 2 later, 3 refused, 4 the asked
 * knows no intake. What a later version answers reads as `refused`.
 */
import { DecodeError } from "../errors.js";

/** A batch of 512 spans is about 130 kB. */
export const MAX_TELEMETRY_BATCH_BYTES = 768 * 1_024;
/** It is passed on once: from a node that the intake's node does not know to one that it knows. */
export const MAX_TELEMETRY_HOPS = 1;
const HEADER_BYTES = 2;

export type TelemetryKind = "traces" | "metrics";

export interface TelemetryBatch {
  readonly kind: TelemetryKind;
  readonly hops: number;
  readonly body: Uint8Array;
}

export type TelemetryAnswer = "taken" | "later" | "refused" | "no-intake";

const KINDS: readonly TelemetryKind[] = ["traces", "metrics"];
const ANSWERS: readonly TelemetryAnswer[] = ["taken", "later", "refused", "no-intake"];

/** Throws `RangeError` for a batch that no peer would read: that is the caller's mistake. */
export function encodeTelemetryBatch({ kind, hops, body }: TelemetryBatch): Uint8Array {
  if (body.length === 0 || body.length > MAX_TELEMETRY_BATCH_BYTES)
    throw new RangeError(`a telemetry batch of ${body.length} bytes`);
  if (hops > MAX_TELEMETRY_HOPS) throw new RangeError(`a telemetry batch with ${hops} hops`);
  const frame = new Uint8Array(HEADER_BYTES + body.length);
  frame[0] = KINDS.indexOf(kind) + 1;
  frame[1] = hops;
  frame.set(body, HEADER_BYTES);
  return frame;
}

/** Throws nothing but `DecodeError`. The body is a view of the frame. */
export function decodeTelemetryBatch(frame: Uint8Array): TelemetryBatch {
  const [kindNumber = 0, hops = 0] = frame;
  const kind = KINDS[kindNumber - 1];
  if (kind === undefined) throw new DecodeError(`no kind of telemetry: ${kindNumber}`, 0);
  if (hops > MAX_TELEMETRY_HOPS) throw new DecodeError(`${hops} hops`, 1);
  const body = frame.subarray(HEADER_BYTES);
  if (body.length === 0 || body.length > MAX_TELEMETRY_BATCH_BYTES)
    throw new DecodeError(`a telemetry batch of ${body.length} bytes`, HEADER_BYTES);
  return { kind, hops, body };
}

export function encodeTelemetryAnswer(answer: TelemetryAnswer): Uint8Array {
  return Uint8Array.of(ANSWERS.indexOf(answer) + 1);
}

export function decodeTelemetryAnswer(frame: Uint8Array): TelemetryAnswer {
  if (frame.length === 0) throw new DecodeError("an empty answer", 0);
  return ANSWERS[(frame[0] ?? 0) - 1] ?? "refused";
}
