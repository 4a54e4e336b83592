/**
 * The names in spans and resources that the console reads (design: Telemetry). Written down here because a console also reads spans of
 * other versions: an unknown or missing attribute gives null, never an error.
 */
import type { AttributeValue, IntakeSpan } from "@meshwork/telemetry";

export const SPAN_READY = "mesh.node.ready";
export const SPAN_BOOT_PREFIX = "mesh.boot.";
export const SPAN_MESSAGE_SENT = "mesh.message.sent";
export const SPAN_MESSAGE_RECEIVED = "mesh.message.received";
export const SPAN_CONSOLE_REQUEST = "mesh.console.request";
/** What a node holds another one for from this span on. `alive` is "not suspected any more": it need not have heard of it. */
export const STATE_BY_SPAN: ReadonlyMap<string, "suspected" | "alive" | "dead"> = new Map([
  ["mesh.peer.suspected", "suspected"],
  ["mesh.peer.refuted", "alive"],
  ["mesh.peer.dead", "dead"],
]);

function text(value: AttributeValue | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function number(value: AttributeValue | undefined): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
}

/** The node that made the span: from the resource; spans made before the identity was loaded may carry it themselves. */
export const nodeOf = (span: IntakeSpan) =>
  text(span.resource["mesh.node.name"]) ?? text(span.attributes["mesh.node.name"]);
export const nodeIdOf = (span: IntakeSpan) => text(span.resource["mesh.node.id"]);
export const meshOf = (span: IntakeSpan) => text(span.resource["mesh.id"]) ?? text(span.attributes["mesh.id"]);
export const serviceOf = (span: IntakeSpan) => text(span.resource["service.name"]);
export const pidOf = (span: IntakeSpan) => number(span.resource["process.pid"]);
export const operationOf = (span: IntakeSpan) => text(span.attributes["mesh.operation"]);
export const bytesOf = (span: IntakeSpan) => number(span.attributes["mesh.bytes"]);
/** Name of the other end, as the span's own node knew it. */
export const peerNameOf = (span: IntakeSpan) => text(span.attributes["mesh.peer.name"]);

export const peerIdOf = (span: IntakeSpan) => text(span.attributes["mesh.peer.id"]);

/** The boot stopped here: the step or root was still open after 5 s. */
export const isStalled = (span: IntakeSpan) => span.attributes["mesh.boot.stalled"] === true;
/** Times what was left after a stall; the second root of such a boot carries it too. */
export const isLate = (span: IntakeSpan) => span.attributes["mesh.boot.late"] === true;
export const brokenStepOf = (span: IntakeSpan) =>
  text(span.attributes["mesh.boot.failed_step"]) ?? text(span.attributes["mesh.boot.stalled_step"]);

export function outcomeOf(span: IntakeSpan): string | null {
  const said = text(span.attributes["mesh.outcome"]);
  if (said !== null) return said;
  if (span.statusCode === 2) return span.statusMessage === "" ? "error" : span.statusMessage;
  return span.statusCode === 1 ? "ok" : null;
}

export const isError = (span: IntakeSpan) => span.statusCode === 2;
export const durationOf = (span: IntakeSpan) => Math.max(0, span.endMs - span.startMs);

/** `<mesh>.<type>.<prefix>` split; null where it is not of that form. */
export function partsOfName(name: string | null): { mesh: string; type: string } | null {
  const parts = name?.split(".");
  if (parts?.length !== 3 || !parts[0] || !parts[1]) return null;
  return { mesh: parts[0], type: parts[1] };
}

/** What `POST` and `DELETE /api/demo` send to every node. */
export const isDemoSwitch = (operation: string) => operation === "demo.start" || operation === "demo.stop";
