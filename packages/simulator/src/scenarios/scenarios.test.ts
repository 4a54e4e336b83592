/** Small runs of the scenarios. Every title names its seed; `npm run sim -- replay SEED` shows a swarm seed in full. */
import { describe, expect, test } from "vitest";
import { components, overlayOf } from "../measure/overlay.js";
import { PLAIN } from "../net/profile.js";
import { Cluster } from "../node/cluster.js";
import { runMassFailure } from "./mass-failure.js";
import { runRounds } from "./rounds.js";
import { runSwarm } from "./swarm.js";

test.each([1, 2, 3])("seed %i: upstream's bounds at 100 nodes", (seed) => {
  const options = { seed, nodes: 100, rounds: 10, latencyMaxMs: 100, variant: "defaults" } as const;
  const single = runRounds({ ...options, rounds: 30, senders: "single" });
  expect([single.ldh.mean < 15, single.rmr.mean < 0.2, single.missed]).toEqual([true, true, 0]);
  // The first round floods: a harness that counted no payloads would show here.
  expect(single.rmr.max).toBeGreaterThan(1);
  const random = runRounds({ ...options, senders: "random" });
  expect([random.ldh.mean < 18, random.rmr.mean < 1, random.missed]).toEqual([true, true, 0]);
});

test("seed 1: a run is replayed to the bit, another seed is another run", () => {
  const run = (seed: number) => runSwarm({ seed, kinds: ["kill", "restart", "freeze", "loss", "flap"] });
  const first = run(1);
  expect(run(1)).toEqual(first);
  expect(run(2).trace).not.toBe(first.trace);
});

test("seed 4: 200 nodes through one contact at once settle instead of evicting each other for ever", () => {
  const cluster = new Cluster({ seed: 4, profile: PLAIN });
  cluster.bootAll(200);
  cluster.world.runFor(10_000);
  const before = cluster.sentByKind.get("disconnect") ?? 0;
  cluster.world.runFor(10_000);
  expect((cluster.sentByKind.get("disconnect") ?? 0) - before).toBeLessThan(20);
  expect(components(overlayOf(cluster))).toEqual([200]);
});

test("seed 1: half of 100 nodes die, the survivors find together", () => {
  const options = { seed: 1, nodes: 100, killShare: 0.5, warmUpCycles: 5, variant: "defaults" } as const;
  const result = runMassFailure({ ...options, network: "plain" });
  expect([result.survivors, result.deliveredAfterTwoCycles, result.isolatedAfterTwoCycles]).toEqual([50, 1, 0]);
  expect(result.connectedAfterMs).toBeLessThanOrEqual(30_000);
});

test("seed 3: survivors of 80 % whose dials fail at once ask on until they are one", () => {
  const options = { seed: 3, nodes: 200, killShare: 0.8, warmUpCycles: 5, network: "plain" } as const;
  expect(runMassFailure({ ...options, variant: "defaults" }).deliveredAfter30s).toBe(1);
  expect(runMassFailure({ ...options, variant: "faithful" }).deliveredAfter30s).toBeLessThan(0.9);
});

describe("swarm: invariants", () => {
  test.each(Array.from({ length: 12 }, (_, index) => index + 1))(
    "seed %i",
    (seed) => {
      expect(runSwarm({ seed }).violations).toEqual([]);
    },
    120_000,
  );
});

test("without faults a mesh of 20 knows itself: everybody in every directory, one payload hash per broadcast", () => {
  const cluster = new Cluster({
    seed: 9,
    membership: { mesh: "quiet", spoil: { output: ({ kind }) => kind !== "dial" } },
  });
  cluster.bootAll(20);
  cluster.world.runFor(10_000);
  for (const node of cluster.running()) expect(node.membership?.directory.size).toBe(20);
  const { hashesComputed, verificationsComputed } = cluster.crypto;
  const published = cluster.running().reduce((sum, node) => sum + node.membership!.machine.version.sequence, 0);
  expect(hashesComputed).toBe(published + 1); // and the topic
  expect(verificationsComputed).toBeLessThanOrEqual(published);
});
