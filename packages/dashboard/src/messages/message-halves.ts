/** The two spans of a message among those of its trace: the client's, which its key names, and the server's below it. */
import type { MessageView, SpanView } from "@meshwork/console/api-types";

export interface Halves {
  readonly sent: SpanView | null;
  readonly received: SpanView | null;
}

/** The key names the client's span also where only the server's has come. */
export function halvesOf({ key }: Pick<MessageView, "key">, spans: readonly SpanView[]): Halves {
  const spanId = key.slice(key.indexOf("-") + 1);
  const named = spans.find((span) => span.spanId === spanId) ?? null;
  if (named?.kind === "server") return { sent: null, received: named };
  const received = spans.find(({ kind, parentSpanId }) => kind === "server" && parentSpanId === spanId) ?? null;
  return { sent: named, received };
}

/** Each duration is by one clock, so their difference holds; null where it is none, as for one-way messages. */
export function transitOf(sent: SpanView | null, received: SpanView | null): number | null {
  if (sent === null || received === null) return null;
  const transit = sent.durationMs - received.durationMs;
  return transit >= 0 ? transit : null;
}
