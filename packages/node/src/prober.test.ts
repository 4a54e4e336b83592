import type { PeerInfo, Transport } from "@meshwork/transport";
import { beforeEach, expect, test, vi } from "vitest";
import { Prober } from "./prober.js";

const SELF = "55".repeat(32);
const LARGER = "99".repeat(32);
const SMALLER = "11".repeat(32);

let nowMs: number;
let lastHeardMs: number;
let answers: boolean;
let probes: number;
let disconnected: string[];
let prober: Prober;

/** Time passes in steps of a second, as the prober's own timer sees it. */
async function seconds(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    nowMs += 1_000;
    prober.look();
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
  }
}

beforeEach(() => {
  nowMs = 0;
  lastHeardMs = 0;
  answers = true;
  probes = 0;
  disconnected = [];
  const transport = {
    id: SELF,
    peer: () => ({ lastHeardMs }) as PeerInfo,
    probe: async () => {
      probes++;
      if (!answers) throw new Error("timeout");
      lastHeardMs = nowMs;
      return 0.2;
    },
    disconnect: (peerId: string) => disconnected.push(peerId),
  } as unknown as Transport;
  prober = new Prober({ transport, now: () => nowMs, onRtt: vi.fn(), onFailure: vi.fn(), onDead: vi.fn() });
});

test("the smaller id probes after a silent second; the larger stays quiet while it is probed", async () => {
  prober.watch(LARGER);
  // Each answer comes a little after the look that asked.
  for (let i = 0; i < 10; i++) {
    await seconds(1);
    if (lastHeardMs === nowMs) lastHeardMs += 0.3;
  }
  expect(probes).toBe(5);
  prober.unwatch(LARGER);
  prober.watch(SMALLER);
  for (let i = 0; i < 10; i++) {
    lastHeardMs = nowMs + 900;
    await seconds(1);
  }
  expect(probes).toBe(5);
});

test("a peer that answers nothing is disconnected within 5 s, by either end", async () => {
  for (const peer of [LARGER, SMALLER]) {
    answers = false;
    lastHeardMs = nowMs;
    disconnected = [];
    prober.watch(peer);
    await seconds(5);
    expect(disconnected).toEqual([peer]);
    expect(prober.size).toBe(0);
  }
});

test("a node that slept accuses nobody: its own late look restarts the clocks", async () => {
  answers = false;
  prober.watch(LARGER);
  await seconds(1);
  nowMs += 10_000;
  prober.look();
  expect(disconnected).toEqual([]);
  await seconds(2);
  expect(disconnected).toEqual([]);
});
