import type { Seed } from "@meshwork/protocol";
import type { PeerInfo, Transport } from "@meshwork/transport";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { MeshTopic } from "./meshes.js";
import { SEED_MAX_ATTEMPTS, SeedDialer, seedDelayMs } from "./seeds.js";

const SEED: Seed = { id: "ab".repeat(32), address: "127.0.0.1:4711" };
const topic = (mesh: string, role: MeshTopic["role"]): MeshTopic => ({
  mesh,
  role,
  topic: mesh.padEnd(64, "0"),
  topicBytes: new Uint8Array(32),
});
const peerOf = (mesh: string) =>
  ({ id: SEED.id, hello: { mesh, topics: [topic(mesh, "member").topic] } }) as unknown as PeerInfo;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function dial(connect: () => Promise<PeerInfo>) {
  const events = { found: vi.fn(), retry: vi.fn(), giveUp: vi.fn(), mismatch: vi.fn() };
  const transport = { id: "00".repeat(32), learnAddresses: vi.fn(), connect: vi.fn(connect) };
  const topics = [topic("mesh1", "member"), topic("mesh2", "observer")];
  const dialer = new SeedDialer({ transport: transport as unknown as Transport, topics, random: () => 0.5, events });
  dialer.start([SEED]);
  return { dialer, events, transport };
}

test("delays follow 1, 2, 4, 8, 16, 30 s", () => {
  expect([1, 2, 3, 4, 5, 6, 9].map((attempt) => seedDelayMs(attempt, 0.5))).toEqual([
    1e3, 2e3, 4e3, 8e3, 16e3, 30e3, 30e3,
  ]);
});

test("a seed that is down at boot is tried again until it answers", async () => {
  let up = false;
  const { events } = dial(async () => {
    if (!up) throw new Error("down");
    return peerOf("mesh1");
  });
  await vi.advanceTimersByTimeAsync(3_500);
  expect(events.retry.mock.calls.map(([, attempt, delayMs]) => [attempt, delayMs])).toEqual([
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
  ]);
  expect(events.found).not.toHaveBeenCalled();
  up = true;
  await vi.advanceTimersByTimeAsync(4_000);
  expect(events.found).toHaveBeenCalledTimes(1);
  expect(events.found.mock.calls[0]?.[2].map((shared: MeshTopic) => shared.mesh)).toEqual(["mesh1"]);
});

test("gives up after ten attempts", async () => {
  const { dialer, events, transport } = dial(() => Promise.reject(new Error("down")));
  await vi.advanceTimersByTimeAsync(600_000);
  expect(transport.connect).toHaveBeenCalledTimes(SEED_MAX_ATTEMPTS);
  expect(events.giveUp).toHaveBeenCalledTimes(1);
  expect(dialer.pending).toBe(0);
});

test("a seed of another mesh is refused, naming both", async () => {
  const { events } = dial(async () => peerOf("mesh9"));
  await vi.advanceTimersByTimeAsync(0);
  const [, error] = events.mismatch.mock.calls[0] ?? [];
  expect(error.code).toBe("MESH_E_MESH_MISMATCH");
  expect(error.message).toContain("mesh9");
  expect(error.message).toContain("mesh1");
});

test("stop ends all retries", async () => {
  const { dialer, transport } = dial(() => Promise.reject(new Error("down")));
  await vi.advanceTimersByTimeAsync(100);
  dialer.stop();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(transport.connect).toHaveBeenCalledTimes(1);
});
