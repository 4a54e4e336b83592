import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ConsoleModel } from "../model.js";
import { StreamHub } from "./stream-hub.js";

class FakeResponse extends EventEmitter {
  readonly writes: string[] = [];
  fits = true;
  destroyed = false;
  writeHead() {}
  write(text: string) {
    this.writes.push(text);
    return this.fits;
  }
  end() {
    this.emit("close");
  }
  destroy() {
    this.destroyed = true;
    this.emit("close");
  }
  get events() {
    return this.writes.map((text) => /event: (\w+)/.exec(text)?.[1]);
  }
}

let nowMs = 0;
let held = 0;
let version = 1;
let made: { from: number; withSlow: boolean }[] = [];
let happens = () => {};
const model = () =>
  ({
    set onEvent(listener: () => void) {
      happens = listener;
    },
    clock: { nowMs: () => nowMs, wallMs: () => 0 },
    versions: {
      get value() {
        return version;
      },
    },
    live: {
      attention: {
        hold: () => {
          held += 1;
          return () => {
            held -= 1;
          };
        },
      },
      sync: () => {},
    },
    horizon: 0,
    snapshot: () => ({ seq: version }),
    delta: (from: number, _slowFrom: number, withSlow: boolean) => {
      made.push({ from, withSlow });
      return version > from ? { from, seq: version } : undefined;
    },
    streamClients: () => 0,
  }) as unknown as ConsoleModel;

let hub: StreamHub;
const request = { headers: {}, socket: { setNoDelay: () => {}, setTimeout: () => {} } } as unknown as IncomingMessage;
const open = () => {
  const response = new FakeResponse();
  hub.open(request, response as unknown as ServerResponse);
  return response;
};
const pass = (ms: number) => {
  for (let i = 0; i < ms; i += 250) {
    nowMs += 250;
    vi.advanceTimersByTime(250);
  }
};

beforeEach(() => {
  vi.useFakeTimers();
  [nowMs, held, version, made] = [0, 0, 1, []];
  hub = new StreamHub({ model: model(), maxClients: 3 });
});
afterEach(() => {
  hub.close();
  vi.useRealTimers();
});

test("a quiet stream pings every 2 s and sends nothing else", () => {
  const response = open();
  pass(6_000);
  expect(response.events).toEqual(["snapshot", "ping", "ping", "ping"]);
});

test("a full socket gets nothing until it drains, then one delta of all it missed", () => {
  const response = open();
  response.fits = false;
  version += 1;
  pass(250);
  expect(response.events).toEqual(["snapshot", "delta"]);
  for (let i = 0; i < 20; i += 1) {
    version += 1;
    pass(250);
  }
  expect(response.events).toEqual(["snapshot", "delta"]);
  response.fits = true;
  response.emit("drain");
  pass(250);
  expect(response.events).toEqual(["snapshot", "delta", "delta"]);
  expect(JSON.parse(response.writes[2]!.split("data: ")[1]!)).toEqual({ from: 2, seq: 22 });
});

test("a socket that stays full for a minute is closed, and attention ends with the last client", () => {
  const [stuck, fine] = [open(), open()];
  expect(held).toBe(2);
  stuck.fits = false;
  version += 1;
  pass(60_000);
  expect([stuck.destroyed, hub.size]).toEqual([false, 2]);
  pass(1_000);
  expect([stuck.destroyed, hub.size, held]).toEqual([true, 1, 1]);
  fine.end();
  expect([hub.size, held, vi.getTimerCount()]).toEqual([0, 0, 0]);
});

test("clients at the same place share one delta", () => {
  open();
  open();
  open();
  expect(() => open()).toThrowError(expect.objectContaining({ code: "MESH_E_TOO_MANY_STREAMS" }));
  version += 1;
  made = [];
  pass(250);
  expect(made).toEqual([{ from: 1, withSlow: false }]);
});

test("an event goes out at once, a flood of events no more often than ticks in the long run", () => {
  const response = open();
  const event = (afterMs: number) => {
    version += 1;
    happens();
    happens();
    nowMs += afterMs;
    vi.advanceTimersByTime(afterMs);
  };
  event(20);
  expect(response.events).toEqual(["snapshot", "delta"]);
  // The next regular one is a whole tick away.
  version += 1;
  nowMs += 240;
  vi.advanceTimersByTime(240);
  expect(response.events).toHaveLength(2);
  for (let i = 0; i < 1_000; i += 1) event(10);
  // Ten seconds: four a second, and seven more that were saved up.
  expect(response.events.length - 2).toBeLessThanOrEqual(10 * 4 + 7 + 1);
  expect(response.events.length - 2).toBeGreaterThanOrEqual(10 * 4 - 1);
});
