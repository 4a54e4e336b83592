import { expect, test, vi } from "vitest";
import type { StreamPhase } from "./connection.js";
import type { SseEvent } from "./sse-parser.js";
import { StreamClient } from "./stream-client.js";

const block = (id: string, event = "ping") => `id: ${id}\nevent: ${event}\ndata: {}\n\n`;

interface Asked {
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
}

/** A client against answers given in turn; the last one stays. */
function clientOf(
  answers: ((asked: Asked) => Response | Promise<Response>)[],
  accept: (event: SseEvent) => boolean = () => true,
) {
  const asked: Asked[] = [];
  const phases: StreamPhase[] = [];
  const events: SseEvent[] = [];
  const client = new StreamClient({
    url: "/api/stream",
    token: "secret",
    fetch: (async (_url: unknown, init: RequestInit) => {
      const request = { headers: init.headers as Record<string, string>, signal: init.signal! };
      asked.push(request);
      return await answers[Math.min(asked.length, answers.length) - 1]!(request);
    }) as typeof fetch,
    nowMs: () => 0,
    random: () => 0,
    onPhase: (phase) => phases.push(phase),
    onEvent: (event) => {
      events.push(event);
      return accept(event);
    },
  });
  return { client, asked, phases, events };
}

/** Stays open after the text until it is aborted. */
function hanging(text: string) {
  return ({ signal }: Asked) => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(text));
        signal.addEventListener("abort", () => controller.error(signal.reason));
      },
    });
    return new Response(body);
  };
}

test("sends the token in the header, and resumes after a break from the last id", async () => {
  const { client, asked, phases, events } = clientOf([
    () => new Response(block("run-1") + block("run-2")),
    hanging(block("run-3")),
  ]);
  const ended = client.run();
  await vi.waitFor(() => expect(events.map(({ id }) => id)).toEqual(["run-1", "run-2", "run-3"]));
  expect(asked[0]?.headers).toEqual({ authorization: "Bearer secret", accept: "text/event-stream" });
  expect(asked[1]?.headers["last-event-id"]).toBe("run-2");
  expect(phases.map(({ phase }) => phase)).toEqual(["connecting", "open", "waiting", "connecting", "open"]);
  client.stop();
  await ended;
  expect(asked[1]?.signal.aborted).toBe(true);
});

test("asks for a snapshot where an event does not follow", async () => {
  const { client, asked } = clientOf(
    [hanging(block("run-8") + block("run-9")), hanging("")],
    ({ id }) => id !== "run-9",
  );
  const ended = client.run();
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  expect(asked[1]?.headers["last-event-id"]).toBeUndefined();
  client.stop();
  await ended;
});

test("ends where the token is refused, with what the console says", async () => {
  const { client, asked, phases } = clientOf([
    () => Response.json({ code: "X", message: "the bearer token is wrong" }, { status: 401 }),
  ]);
  await client.run();
  expect(asked).toHaveLength(1);
  expect(phases.at(-1)).toEqual({ phase: "refused", status: 401, message: "the bearer token is wrong" });
});

test("keeps trying while nobody answers, slower each time, and at once when told to", async () => {
  vi.useFakeTimers();
  try {
    const { client, asked, phases } = clientOf([() => Promise.reject(new TypeError("fetch failed"))]);
    const ended = client.run();
    await vi.advanceTimersByTimeAsync(200 + 400 + 800 - 1);
    expect(asked).toHaveLength(3);
    client.retryNow();
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toHaveLength(4);
    expect(phases.at(-1)).toMatchObject({ phase: "waiting", attempt: 4, reason: "the console does not answer" });
    client.stop();
    await ended;
  } finally {
    vi.useRealTimers();
  }
});

test("replaces a connection that is silent for longer than the console would be", async () => {
  vi.useFakeTimers();
  try {
    const { client, asked, phases } = clientOf([hanging(block("run-1")), hanging(block("run-2"))]);
    const ended = client.run();
    await vi.advanceTimersByTimeAsync(7_900);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(600);
    expect(asked[0]?.signal.aborted).toBe(true);
    expect(asked).toHaveLength(2);
    expect(phases).toContainEqual(
      expect.objectContaining({ phase: "waiting", reason: "the stream was silent for 8 s" }),
    );
    client.stop();
    await ended;
  } finally {
    vi.useRealTimers();
  }
});
