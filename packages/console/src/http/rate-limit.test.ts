import { expect, test } from "vitest";
import { startHarness } from "../../test/harness.js";
import { RateLimit } from "./rate-limit.js";

/** How many of `attempts` pass at this moment. */
function passing(
  limit: RateLimit,
  address: string,
  kind: Parameters<RateLimit["take"]>[1],
  nowMs: number,
  attempts = 5_000,
) {
  let passed = 0;
  for (let i = 0; i < attempts; i++) {
    try {
      limit.take(address, kind, nowMs);
      passed += 1;
    } catch (error) {
      expect(error).toMatchObject({ code: "MESH_E_RATE_LIMITED", status: 429 });
    }
  }
  return passed;
}

test("a burst of ten seconds, then the rate; each kind and each client has its own", () => {
  const limit = new RateLimit(100);
  expect(passing(limit, "127.0.0.1", "read", 0)).toBe(1_000);
  expect(passing(limit, "127.0.0.1", "read", 1_000)).toBe(100);
  expect(passing(limit, "127.0.0.1", "act", 1_000)).toBe(1_000);
  expect(passing(limit, "127.0.0.1", "refused", 1_000)).toBe(250);
  expect(passing(limit, "127.0.0.1", "intake", 1_000)).toBe(2_500);
  expect(passing(limit, "192.0.2.1", "read", 1_000)).toBe(1_000);
  expect(passing(limit, "127.0.0.1", "read", 3_600_000)).toBe(1_000);
});

test("a clock that steps back gives nothing", () => {
  const limit = new RateLimit(10);
  expect(passing(limit, "127.0.0.1", "read", 10_000)).toBe(100);
  expect(passing(limit, "127.0.0.1", "read", 0)).toBe(0);
});

test("one host is one client whatever it calls itself", () => {
  const limit = new RateLimit(10);
  expect(passing(limit, "::ffff:192.0.2.1", "read", 0)).toBe(100);
  expect(passing(limit, "192.0.2.1", "read", 0)).toBe(0);
  expect(passing(limit, "2001:db8:0:7::1", "read", 0)).toBe(100);
  expect(passing(limit, "2001:db8::7:a:b:c:d", "read", 0)).toBe(0);
  expect(passing(limit, "2001:db8:0:8::1", "read", 0)).toBe(100);
  expect(passing(limit, "::1", "read", 0)).toBe(100);
});

test("bounded in clients; 0 is no limit", () => {
  const limit = new RateLimit(1);
  for (let i = 0; i < 3_000; i++) limit.take(`10.0.${i >> 8}.${i & 255}`, "page", 0);
  expect(limit.size).toBe(1_024);
  expect(passing(new RateLimit(0), "127.0.0.1", "act", 0)).toBe(5_000);
});

test("over HTTP: whoever asks too often gets a coded 429, and what has no token takes nothing from who has", async () => {
  const { console, post, call: ask } = await startHarness({ limits: { requestsPerSecond: 2 } });
  const statuses = async (times: number, send: () => Promise<{ status: number }>) => {
    const counts: Record<number, number> = {};
    for (let i = 0; i < times; i++) {
      const { status } = await send();
      counts[status] = (counts[status] ?? 0) + 1;
    }
    return counts;
  };
  const refused = await statuses(30, () => fetch(`${console.url}/api/nodes`));
  expect(refused[401]).toBeLessThanOrEqual(6);
  expect(refused[429]).toBeGreaterThanOrEqual(24);
  const read = await statuses(60, () => ask("/api/nodes"));
  expect(read[200]).toBeGreaterThanOrEqual(20);
  expect(read[429]).toBeGreaterThanOrEqual(30);
  expect(console.sizes().rateLimitedClients).toBe(1);
  const last = await ask("/api/nodes");
  expect([last.status, last.headers.get("retry-after"), (await last.json()).code]).toEqual([
    429,
    "1",
    "MESH_E_RATE_LIMITED",
  ]);
  // Acting has a bucket of its own.
  expect((await post("/api/demo")).status).not.toBe(429);
  await console.close();
});
