/** Which messages the reader looks for, in the page's address (`?text=produce&outcome=failed&between=meshes`). */
import type { MessageView } from "@meshwork/console/api-types";

export interface MessageFilter {
  /** Words that must all stand in the names of its ends, its operation or its outcome. */
  readonly text: string;
  /** Empty, `ok` or `failed`. */
  readonly outcome: string;
  /** Empty or `meshes`. */
  readonly between: string;
}

export function isMessageFiltering({ text, outcome, between }: MessageFilter): boolean {
  return text.trim() !== "" || outcome !== "" || between !== "";
}

export function messageFits({ text, outcome, between }: MessageFilter, message: MessageView): boolean {
  if (between === "meshes" && !isCrossing(message)) return false;
  if (outcome === "ok" && message.outcome !== "ok") return false;
  if (outcome === "failed" && (message.outcome === null || message.outcome === "ok")) return false;
  const words = text.toLowerCase().split(/\s+/);
  const told = [message.from, message.to, message.operation, message.outcome, message.traceId].join(" ").toLowerCase();
  return words.every((word) => told.includes(word));
}

export function isCrossing({ fromMesh, toMesh }: MessageView): boolean {
  return fromMesh !== null && toMesh !== null && fromMesh !== toMesh;
}
