import type { SpanView } from "@meshwork/console/api-types";
import { expect, test } from "vitest";
import { halvesOf, transitOf } from "./message-halves.js";

const span = (spanId: string, kind: SpanView["kind"], parentSpanId: string | null = null, durationMs = 1) =>
  ({ spanId, kind, parentSpanId, durationMs }) as SpanView;
const [client, server] = [span("c", "client", null, 5), span("s", "server", "c", 3)];
const key = "trace-c";

test("both halves are found among a trace's other messages", () => {
  const others = [span("x", "client", "s"), span("y", "server", "x")];
  expect(halvesOf({ key }, [client, server, ...others])).toEqual({ sent: client, received: server });
});

test("one half alone", () => {
  expect(halvesOf({ key }, [client])).toEqual({ sent: client, received: null });
  expect(halvesOf({ key }, [server])).toEqual({ sent: null, received: server });
  expect(halvesOf({ key: "trace-s" }, [span("s", "server")])).toMatchObject({ sent: null, received: { spanId: "s" } });
});

test("what passed outside the handler, where both are known", () => {
  expect(transitOf(client, server)).toBe(2);
  expect(transitOf(span("c", "client", null, 0.1), server)).toBeNull();
  expect(transitOf(null, server)).toBeNull();
});
