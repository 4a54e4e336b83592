import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { foldStacks, summarise } from "./cpu-profile.js";
import { profileHandler } from "./profile-server.js";
import { decodeProfile } from "./profile-wire.js";
import { takeProfile } from "./profiler.js";
import { readThreads } from "./thread-shares.js";
import type { IncomingRequest, NodeStats } from "./types.js";

let reads = 0;
/** Each reading has opened one more connection and sent one more frame of 10 bytes than the one before. */
const stats = () =>
  ({
    name: "mesh1.broker.aaaaaa",
    process: { pid: process.pid, shared: true },
    connectionsOpened: ++reads,
    frames: { gossip: { sent: reads, received: 0, sentBytes: 10 * reads, receivedBytes: 0 } },
  }) as unknown as NodeStats;

const TOPIC = "ab".repeat(32);
const server = (overrides: Partial<Parameters<typeof profileHandler>[0]> = {}) =>
  profileHandler({
    profiling: undefined,
    topic: TOPIC,
    boundAddresses: () => ["127.0.0.1:4000", "[::1]:4001"],
    peer: (id) => ({ hello: { topics: id === "member" ? ["cd".repeat(32), TOPIC] : ["cd".repeat(32)] } }) as never,
    stats,
    ...overrides,
  });
const orderOf = (from: string, durationMs = 300, signal = new AbortController().signal): IncomingRequest => ({
  operation: "mesh.profile",
  body: new TextEncoder().encode(JSON.stringify({ durationMs })),
  from: { id: from, name: undefined, mesh: "" },
  signal,
  remainingMs: () => 10_000,
});

/** Without a loop: code that newer versions of V8 optimised amid one before the profile began is charged to the caller. */
function burnInHere(n: number): number {
  return n < 2 ? n : burnInHere(n - 1) + burnInHere(n - 2);
}

test("who is no member or observer, and where it is switched off or not on loopback alone, gets nothing", async () => {
  const refused = expect.objectContaining({ code: "MESH_E_REFUSED" });
  await expect(server()(orderOf("stranger"))).rejects.toEqual(refused);
  await expect(server({ peer: () => undefined })(orderOf("member"))).rejects.toEqual(refused);
  await expect(server({ profiling: "off" })(orderOf("member"))).rejects.toEqual(refused);
  for (const address of ["0.0.0.0:4000", "192.0.2.7:4000", "[::]:4000"])
    await expect(server({ boundAddresses: () => ["127.0.0.1:1", address] })(orderOf("member"))).rejects.toEqual(
      refused,
    );
  await expect(server({ profiling: "mesh" })(orderOf("member", 5))).rejects.toThrow("from 100 to 60000");
});

test("one profile at a time, then a pause; it names what burns, and what happened meanwhile", async () => {
  const burning = setInterval(() => burnInHere(30), 15);
  const controller = new AbortController();
  const taking = server({ profiling: "mesh", boundAddresses: () => ["0.0.0.0:4000"] })(orderOf("member"));
  await expect(server()(orderOf("member"))).rejects.toMatchObject({
    code: "MESH_E_OVERLOADED",
    detail: "another profile of this process is being taken",
  });
  const reply = await taking;
  clearInterval(burning);
  const taken = await decodeProfile(reply?.body as Uint8Array);
  expect(taken).toMatchObject({ node: "mesh1.broker.aaaaaa", process: { pid: process.pid, shared: true } });
  expect(summarise(taken.profile).functions[0]?.name).toBe("burnInHere");
  for (const window of [taken.quiet, taken.sampled]) {
    expect(window.durationMs).toBeGreaterThanOrEqual(299);
    expect(window.cpuMs).toBeGreaterThan(10);
    expect(window).toMatchObject({ connectionsOpened: 1, frames: { gossip: { sent: 1, sentBytes: 10 } } });
    if (process.platform === "linux") expect(window.threads?.some(({ role }) => role === "main")).toBe(true);
  }
  const samplers = (window: typeof taken.quiet) => window.threads?.filter(({ role }) => role === "profiler") ?? [];
  expect(samplers(taken.quiet)).toEqual([]);
  if (process.platform === "linux") expect(samplers(taken.sampled)).toHaveLength(1);
  expect(foldStacks(taken.profile)).not.toContain("readThreads");
  const again = takeProfile({ durationMs: 100, signal: controller.signal, stats });
  await expect(again).rejects.toMatchObject({ code: "MESH_E_OVERLOADED", detail: expect.stringContaining("just now") });
});

test("who gives up ends the profile, its sampler too; the next one can begin after the pause that a refusal names", async () => {
  const untilNextMs = async () => {
    const signal = new AbortController().signal;
    const refusal = takeProfile({ durationMs: 100, signal, stats }).then(
      () => "it was taken",
      (error: { detail: string }) => error.detail,
    );
    return Number(/in (\d+) ms/.exec(await refusal)?.[1]);
  };
  const waitMs = await untilNextMs();
  expect(waitMs).toBeGreaterThan(0);
  await sleep(waitMs);
  const reason = new Error("gave up");
  const controller = new AbortController();
  const taking = takeProfile({ durationMs: 400, signal: controller.signal, stats });
  const samplers = () => [...(readThreads()?.values() ?? [])].filter(({ name }) => name === "v8:ProfEvntProc");
  if (process.platform === "linux") await vi.waitFor(() => expect(samplers()).toHaveLength(1));
  controller.abort(reason);
  await expect(taking).rejects.toBe(reason);
  expect(samplers()).toEqual([]);
  expect(await untilNextMs()).toBeGreaterThan(0);
});
