/** `mesh events` against a stand-in console whose stream the test writes. */
import type { ServerResponse } from "node:http";
import type { EventView } from "@meshwork/console/api-types";
import { afterEach, expect, test, vi } from "vitest";
import { type Answerer, type FakeConsole, fakeConsole, mesh } from "../testing/command.js";
import { eventMessages } from "./event-stream.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const event = (id: number, extra: Partial<EventView> = {}): EventView => ({
  ...{ id, atMs: Date.UTC(2026, 0, 31, 12, 0, id), ageMs: 60_000 - id, severity: "info", kind: "node.joined" },
  ...{ node: `mesh1.broker.${id}`, mesh: "mesh1", by: [], message: `mesh1.broker.${id} joined` },
  ...extra,
});

/** A console that holds these events and has a stream; `run` is its present run. */
class Console {
  events: EventView[] = [];
  run = "aaaaaaaaaaaa";
  readonly streams = new Set<ServerResponse>();
  readonly eventQueries: string[] = [];
  fake!: FakeConsole;

  async start(): Promise<this> {
    const stream: Answerer = (response, path) => {
      expect(path).toBe("/api/stream?only=events");
      response.writeHead(200, { "content-type": "text/event-stream" });
      this.streams.add(response);
      response.once("close", () => this.streams.delete(response));
      this.#write(response, "snapshot", [...this.events].reverse().slice(0, 100));
    };
    const list: Answerer = (response, path) => {
      const query = new URL(path, "http://x").searchParams;
      this.eventQueries.push(query.toString());
      const limit = Number(query.get("limit"));
      const fits = this.events.filter(
        ({ ageMs, mesh }) =>
          ageMs <= Number(query.get("maxAgeMs") ?? Number.POSITIVE_INFINITY) && mesh === (query.get("mesh") ?? mesh),
      );
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ atMs: 0, events: fits.reverse().slice(0, limit) }));
    };
    this.fake = await fakeConsole({ "GET /api/stream": stream, "GET /api/events": list });
    cleanups.push(() => this.fake.close());
    return this;
  }

  /** Something happened: it is remembered and streamed. */
  add(...events: EventView[]): void {
    this.events.push(...events);
    for (const response of this.streams) this.#write(response, "delta", [...events].reverse());
  }

  ping(): void {
    for (const response of this.streams)
      response.write(`id: ${this.run}-9\nevent: ping\ndata: ${JSON.stringify({ seq: 9, atMs: 0 })}\n\n`);
  }

  /** As one that is started anew: another run, other events. */
  restart(events: EventView[]): void {
    this.run = "bbbbbbbbbbbb";
    this.events = events;
    for (const response of this.streams) response.destroy();
  }

  #write(response: ServerResponse, name: string, events: readonly EventView[]): void {
    response.write(`id: ${this.run}-7\nevent: ${name}\ndata: ${JSON.stringify({ seq: 7, atMs: 0, events })}\n\n`);
  }
}

/** Runs `mesh events --follow …` until the test ends it. */
function follow(console: Console, ...flags: string[]) {
  const interrupted = new AbortController();
  let out = "";
  let err = "";
  const run = mesh(["events", "--follow", ...flags, ...console.fake.flags], {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    untilInterrupted: () => interrupted.signal,
  });
  const end = async () => {
    interrupted.abort();
    return (await run).exitCode;
  };
  cleanups.push(async () => void (await end()));
  return {
    end,
    err: () => err,
    lines: () => out.split("\n").slice(0, -1),
    ids: () => [...out.matchAll(/mesh\d\.broker\.(\d+) /g)].map((match) => Number(match[1])),
  };
}

test("prints the past ones, oldest first, and ends", async () => {
  const console = await new Console().start();
  console.events = [
    event(1),
    event(2, { severity: "warn", kind: "node.suspected", message: "mesh1.broker.2 is suspected by mesh1.gateway.a" }),
  ];
  const { exitCode, out } = await mesh(["events", ...console.fake.flags]);
  expect(exitCode).toBe(0);
  expect(out).toMatch(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:01\.000 {2}joined {5}mesh1 {2}mesh1\.broker\.1 joined\n.+:02\.000 {2}suspected {2}mesh1 {2}mesh1\.broker\.2 is suspected by mesh1\.gateway\.a\n$/,
  );
  await mesh(["events", "--since", "10m", "--mesh", "mesh2", ...console.fake.flags]);
  expect(console.eventQueries).toEqual(["limit=100", "limit=1000&maxAgeMs=600000&mesh=mesh2"]);
});

test("with --json each event is a line of JSON and nothing else is printed", async () => {
  const console = await new Console().start();
  console.events = [event(1), event(2, { by: ["x"] })];
  const { out, err } = await mesh(["events", "--json", ...console.fake.flags]);
  expect(
    out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual(console.events);
  expect(err).toBe("");
  console.events = [];
  expect((await mesh(["events", "--json", ...console.fake.flags])).out).toBe("");
});

test("follows from the past on, each event once, until it is interrupted; that is no failure", async () => {
  const console = await new Console().start();
  console.events = [event(1), event(2)];
  const running = follow(console);
  await vi.waitFor(() => expect(running.ids()).toEqual([1, 2]));
  console.ping();
  console.add(event(3), event(4));
  console.add(event(5, { mesh: "mesh2", message: "mesh2.broker.5 joined" }));
  await vi.waitFor(() => expect(running.ids()).toEqual([1, 2, 3, 4, 5]));
  expect(await running.end()).toBe(0);
  expect(running.err()).toBe("");
});

test("what is older than --since or of another mesh is not told", async () => {
  const console = await new Console().start();
  console.events = [event(1, { ageMs: 90_000 }), event(2, { ageMs: 1_000, mesh: "mesh2" }), event(3, { ageMs: 500 })];
  const running = follow(console, "--since", "60s", "--mesh", "mesh1");
  await vi.waitFor(() => expect(running.ids()).toEqual([3]));
  console.add(event(4, { mesh: "mesh2" }), event(5));
  await vi.waitFor(() => expect(running.ids()).toEqual([3, 5]));
});

test("nothing in the time asked for: the older ones are not told when something happens", async () => {
  const console = await new Console().start();
  console.events = [event(1, { ageMs: 90_000 }), event(2, { ageMs: 90_000 })];
  const running = follow(console, "--since", "1s");
  await vi.waitFor(() => expect(console.streams.size).toBe(1));
  await vi.waitFor(() => expect(console.eventQueries).toHaveLength(1));
  console.add(event(3));
  await vi.waitFor(() => expect(running.ids()).toEqual([3]));
});

test("a console that is started anew is waited for, which is said; its events are told from the first", async () => {
  const console = await new Console().start();
  console.events = [event(1), event(2), event(3)];
  const running = follow(console, "--json");
  const ids = () => running.lines().map((line) => JSON.parse(line).id);
  await vi.waitFor(() => expect(ids()).toEqual([1, 2, 3]));
  console.restart([event(1), event(2)]);
  await vi.waitFor(() => expect(ids()).toEqual([1, 2, 3, 1, 2]), { timeout: 5_000 });
  expect(running.err().split("\n")).toEqual([
    expect.stringMatching(/^the console is lost \(.+\); waiting for it$/),
    "the console is back",
    "the console was started anew; its events begin again, with those whom it found there",
    "",
  ]);
});

test("what a message leaves out is fetched; what the console has forgotten is said", async () => {
  const console = await new Console().start();
  console.events = [event(1)];
  const running = follow(console);
  await vi.waitFor(() => expect(running.ids()).toEqual([1]));
  // It remembers from 4 on, and streams the newest alone.
  console.events = [4, 5, 6].map((id) => event(id));
  console.add(event(7));
  await vi.waitFor(() => expect(running.ids()).toEqual([1, 4, 5, 6, 7]));
  expect(running.err()).toBe("2 events were missed: the console has forgotten them\n");
});

test("a console that was never there, or refuses, is a failure", async () => {
  const console = await new Console().start();
  const refused = await mesh(["events", "--follow", "--url", console.fake.url, "--token", "wrong"]);
  expect(refused).toMatchObject({ exitCode: 1, err: expect.stringContaining("MESH_E_UNAUTHORIZED") });
  await console.fake.close();
  const gone = await mesh(["events", "--follow", ...console.fake.flags]);
  expect(gone).toMatchObject({ exitCode: 3, err: expect.stringContaining("MESH_E_NO_CONSOLE") });
  cleanups.length = 0;
});

test.each(["10", "m", "-1s", "1w", ""])("--since %j is a usage error", async (since) => {
  expect(await mesh(["events", "--since", since])).toMatchObject({ exitCode: 2, err: expect.stringContaining("10m") });
});

test("a stream that says nothing is given up, and so is one that is none", async () => {
  const silent = new ReadableStream<Uint8Array>();
  await expect(eventMessages(silent, 20).next()).rejects.toThrow("said nothing");
  const page = new Blob(["<html>\n\n</html>\n\n"]).stream() as ReadableStream<Uint8Array>;
  await expect(eventMessages(page).next()).rejects.toThrow("cannot be read");
});

test("messages that arrive in pieces are put together", async () => {
  const text = `id: aa-1\nevent: delta\ndata: ${JSON.stringify({ events: [event(1, { message: "grüße → dich" })] })}\n\n`;
  const bytes = new TextEncoder().encode(text);
  const pieces = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  const told = [];
  for await (const message of eventMessages(pieces)) told.push(message);
  expect(told).toMatchObject([{ run: "aa", events: [{ id: 1, message: "grüße → dich" }] }]);
});
