/** Detector, witnesses, audit and directory together, in small meshes over a simulated network. */
import { expect, test } from "vitest";
import { encodeObituary } from "../wire/obituary.js";
import { MiniMesh } from "./testing/mini-mesh.js";
import { testId } from "./testing/records.js";
import { testObituary, testSigner, testWitness } from "./testing/signatures.js";

const SEEDS = Array.from({ length: 10 }, (_, seed) => seed);
const floodsOf = (mesh: MiniMesh, id: string) => mesh.floods.filter(({ accused }) => accused === id).length;

test.each([3, 5, 18, 40])(
  "a crash in a mesh of %i is known to all survivors within 5 s, by three floods at most",
  (nodes) => {
    for (const seed of SEEDS) {
      const mesh = new MiniMesh({ nodes, seed });
      mesh.runTo(10_000 + 97 * seed);
      const killedAtMs = mesh.nowMs;
      const victim = mesh.ids[seed % nodes]!;
      mesh.kill(victim);
      mesh.runTo(killedAtMs + 6_000);
      const told = mesh.verdicts.filter(({ accused }) => accused === victim);
      expect(new Set(told.map(({ observer }) => observer)).size).toBe(nodes - 1);
      expect(Math.max(...told.map(({ atMs }) => atMs)) - killedAtMs).toBeLessThanOrEqual(5_000);
      expect(floodsOf(mesh, victim)).toBeLessThanOrEqual(3);
      expect(mesh.verdicts.filter(({ accused }) => accused !== victim)).toEqual([]);
    }
  },
);

test("of two nodes the one that is left says so alone", () => {
  const mesh = new MiniMesh({ nodes: 2, seed: 1 });
  mesh.runTo(10_000);
  mesh.kill(testId(1));
  mesh.runTo(15_000);
  expect(mesh.floods).toMatchObject([{ accused: testId(1) }]);
  expect(mesh.floods[0]).not.toHaveProperty("witness");
});

test("nobody dies of 10 % loss, 200 ms of jitter and freezes of 2 s", () => {
  for (const seed of [1, 2, 3]) {
    const mesh = new MiniMesh({ nodes: 18, seed, loss: 0.1, minLatencyMs: 10, maxLatencyMs: 210 });
    for (let second = 10; second < 600; second += 10) {
      mesh.runTo(1_000 * second);
      mesh.freeze(mesh.ids[(second * 7 + seed) % 18]!, 2_000);
    }
    mesh.calm();
    mesh.runTo(620_000);
    expect(mesh.verdicts).toEqual([]);
    // Of which the freezes are seen as what they are.
    const suspected = mesh.survivors().flatMap(({ directory }) => directory.takeChanges());
    expect(suspected.filter(({ kind }) => kind === "suspected").length).toBeGreaterThan(0);
    const left = mesh.survivors().map(({ directory }) => directory.sizes().directorySuspected);
    expect(left.every((count) => count === 0)).toBe(true);
  }
});

test("who was frozen for longer than the time-out is declared dead, and back everywhere once it thaws", () => {
  const mesh = new MiniMesh({ nodes: 18, seed: 4 });
  mesh.runTo(10_000);
  const frozen = mesh.ids[5]!;
  mesh.freeze(frozen, 8_000);
  mesh.runTo(17_000);
  expect(new Set(mesh.verdicts.map(({ accused }) => accused))).toEqual(new Set([frozen]));
  expect(mesh.verdicts).toHaveLength(17);
  mesh.runTo(25_000);
  for (const { directory } of mesh.survivors()) expect(directory.get(frozen)?.record.sequence).toBeGreaterThan(1);
  // The thawed node accused nobody of its own absence.
  expect(mesh.floods.every(({ accused }) => accused === frozen)).toBe(true);
});

test("in a mass crash all are found within a minute, those without a surviving neighbour by the audit", () => {
  const mesh = new MiniMesh({ nodes: 40, seed: 5 });
  mesh.runTo(10_000);
  const lonely = mesh.ids[0]!;
  const victims = [lonely, ...mesh.node(lonely).neighbors, ...mesh.ids.slice(30, 36)];
  for (const victim of victims) mesh.kill(victim);
  const dead = new Set(victims);
  mesh.runTo(70_000);
  for (const { directory } of mesh.survivors()) {
    expect(directory.entries().filter(({ id }) => dead.has(id))).toEqual([]);
    expect(directory.size).toBe(40 - dead.size);
  }
  for (const victim of dead) expect(floodsOf(mesh, victim)).toBeLessThanOrEqual(3);
  expect(mesh.verdicts.filter(({ accused }) => !dead.has(accused))).toEqual([]);
});

test("hostile obituaries kill nobody: forged, replayed, by strangers, by one alone, or of neighbours just heard", () => {
  const mesh = new MiniMesh({ nodes: 18, seed: 6 });
  mesh.runTo(10_000);
  const [victim, liar, helper] = mesh.ids as [string, string, string];
  const accusation = { mesh: "mesh1", accused: victim, generation: 1, sequence: 1 };
  const garbage = { id: helper, signature: testSigner(liar)(new Uint8Array(3)) };
  const real = testObituary(accusation, liar, helper);
  const forged = encodeObituary({ ...real, witness: garbage });
  const swapped = { ...real, issuer: testWitness(accusation, liar) };
  for (const obituary of [
    { ...real, witness: garbage, bytes: forged },
    { ...swapped, bytes: encodeObituary(swapped) },
    testObituary(accusation, testId(77), testId(78)),
    testObituary(accusation, liar),
    testObituary({ ...accusation, generation: 0 }, liar, helper),
    testObituary({ ...accusation, sequence: Number.MAX_SAFE_INTEGER }, liar, helper),
  ]) {
    mesh.inject(liar, obituary);
    mesh.runTo(mesh.nowMs + 2_000);
  }
  expect(mesh.verdicts).toEqual([]);
  // Two members who collude bring about a death, which the accused undoes at once, and which cannot be repeated.
  mesh.inject(liar, real);
  mesh.runTo(mesh.nowMs + 3_000);
  for (const { directory } of mesh.survivors()) expect(directory.get(victim)?.record.sequence).toBe(2);
  const after = mesh.verdicts.length;
  for (const { seen } of mesh.survivors()) seen.clear();
  mesh.inject(liar, real);
  mesh.runTo(mesh.nowMs + 3_000);
  expect(mesh.verdicts).toHaveLength(after);
});

test("an idle link costs one probe exchange a second", () => {
  const mesh = new MiniMesh({ nodes: 18, seed: 7 });
  mesh.runTo(10_000);
  const links = mesh.survivors().reduce((sum, { neighbors }) => sum + neighbors.size, 0) / 2;
  const before = mesh.probes;
  mesh.runTo(40_000);
  expect((mesh.probes - before) / (30 * links)).toBeCloseTo(1, 1);
});
