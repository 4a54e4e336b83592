import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../errors.js";
import { encodeSyncFrame, MAX_SYNC_FRAME_BYTES } from "../wire/sync.js";
import { Directory } from "./directory.js";
import { SYNC_LIMITS, type SyncOutput, type SyncResult, SyncSession, syncMeshOf } from "./sync.js";
import { testHash, testId, testSigned } from "./testing/records.js";

const make = (mesh = "mesh1", self = testId(999_999)) => new Directory({ mesh, self, hash: testHash });

interface Run {
  readonly initiator: SyncResult | DecodeError;
  readonly responder: SyncResult | DecodeError;
  readonly frames: number;
}

/** Plays both shells: carries frames in order, "verifies" everything, applies it with the age it came with. */
function sync(a: Directory, b: Directory, nowMs: number, delayMs = 0): Run {
  const sides = [
    { directory: a, session: new SyncSession(a) },
    { directory: b, session: new SyncSession(b) },
  ] as const;
  const results: (SyncResult | DecodeError | undefined)[] = [];
  const wire: { to: 0 | 1; frame: Uint8Array }[] = [];
  let frames = 0;
  const carryOut = (from: 0 | 1, outputs: readonly SyncOutput[]) => {
    for (const output of outputs) {
      if (output.kind === "send") {
        expect(output.frame.length).toBeLessThanOrEqual(MAX_SYNC_FRAME_BYTES);
        wire.push({ to: from === 0 ? 1 : 0, frame: output.frame });
        frames++;
      } else if (output.kind === "verify") {
        for (const { signed, ageMs } of output.records) {
          sides[from].directory.apply(signed, { viaSync: true, ageMs: ageMs + delayMs }, nowMs + delayMs);
        }
      } else results[from] = output.kind === "done" ? output.result : output.error;
    }
  };
  carryOut(0, sides[0].session.start());
  for (let next = wire.shift(); next !== undefined; next = wire.shift()) {
    carryOut(next.to, sides[next.to].session.handle(next.frame, nowMs));
  }
  expect(sides[0].session.ended).toBe(true);
  expect(sides[1].session.ended).toBe(true);
  return { initiator: results[0]!, responder: results[1]!, frames };
}

function versions(directory: Directory): string[] {
  return directory
    .entries()
    .map(({ id, record }) => `${id} ${record.generation} ${record.sequence}`)
    .sort();
}

function fill(directory: Directory, first: number, count: number, nowMs = 0, refreshIntervalMs = 30_000): void {
  for (let number = first; number < first + count; number++) {
    directory.apply(testSigned({ id: testId(number), refreshIntervalMs }), { viaSync: true }, nowMs);
  }
}

test("two directories that are equal find out in one small round", () => {
  const [a, b] = [make(), make()];
  fill(a, 1, 500);
  fill(b, 1, 500);
  const { initiator, responder, frames } = sync(a, b, 1_000);
  expect(frames).toBe(2);
  expect(initiator).toMatchObject({ equal: true, sentRecords: 0, receivedRecords: 0 });
  expect(responder).toMatchObject({ equal: true, sentRecords: 0, receivedRecords: 0 });
  const { sentBytes, receivedBytes } = initiator as SyncResult;
  expect(sentBytes + receivedBytes).toBeLessThan(64);
});

test("two random directories become equal in one session, leaves included", () => {
  const change = fc.record({
    side: fc.constantFrom("a", "b", "both"),
    number: fc.integer({ min: 1, max: 40 }),
    generation: fc.integer({ min: 1, max: 3 }),
    sequence: fc.nat(3),
    leaving: fc.integer({ min: 0, max: 4 }).map((value) => value === 0),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), fc.boolean(), (changes, bFirst) => {
      const [a, b] = [make(), make()];
      const leaves = new Map<string, boolean>();
      for (const { side, number, generation, sequence, leaving } of changes) {
        const key = `${number} ${generation} ${sequence}`;
        if (!leaves.has(key)) leaves.set(key, leaving);
        const status = leaves.get(key) ? "leaving" : "alive";
        const signed = testSigned({ id: testId(number), generation, sequence, status });
        if (side !== "b") a.apply(signed, { viaSync: true }, 0);
        if (side !== "a") b.apply(signed, { viaSync: true }, 0);
      }
      const { initiator, responder } = bFirst ? sync(b, a, 1_000) : sync(a, b, 1_000);
      expect(versions(a)).toEqual(versions(b));
      expect(a.digest(8)).toEqual(b.digest(8));
      expect(initiator).toMatchObject({ unreadable: 0, truncated: false });
      expect(responder).toMatchObject({ unreadable: 0, truncated: false });
      expect(sync(a, b, 2_000).frames).toBe(2);
    }),
    { numRuns: 200 },
  );
});

test("only what differs travels", () => {
  const [a, b] = [make(), make()];
  fill(a, 1, 2_000);
  fill(b, 1, 2_000);
  a.apply(testSigned({ id: testId(7), sequence: 2 }), { viaSync: true }, 0);
  fill(b, 5_000, 1);
  const { initiator } = sync(a, b, 1_000);
  expect(initiator).toMatchObject({ equal: false, sentRecords: 1, receivedRecords: 1 });
  const { sentBytes, receivedBytes } = initiator as SyncResult;
  expect(sentBytes + receivedBytes).toBeLessThan(5_000);
  expect(versions(a)).toEqual(versions(b));
});

test("a newcomer learns a mesh of 2,000 whose records are old by its measure", () => {
  const [established, newcomer] = [make(), make("mesh1", testId(0))];
  fill(established, 1, 2_000, 0, 8_000_000);
  newcomer.setOwn(testSigned({ id: testId(0) }), 6_000_000);
  sync(newcomer, established, 6_000_000);
  expect(newcomer.size).toBe(2_001);
  expect(established.size).toBe(2_001);
  expect(newcomer.get(testId(5))?.receivedAtMs).toBe(0);
});

test("a session carries 4,096 records each way; the next ones go on until both are equal", () => {
  const [a, b] = [make(), make()];
  fill(a, 1, 5_000);
  fill(b, 6_001, 4_200);
  const { initiator, responder } = sync(a, b, 1_000);
  expect(initiator).toMatchObject({ sentRecords: SYNC_LIMITS.records, receivedRecords: SYNC_LIMITS.records });
  expect(responder).toMatchObject({ truncated: true });
  sync(a, b, 1_000);
  expect(sync(b, a, 1_000).initiator).toMatchObject({ equal: true });
  expect(a.size).toBe(9_200);
});

test("who still shows somebody that left is given the leave, whoever of the two asks", () => {
  for (const knowing of ["initiator", "responder"] as const) {
    const [a, b] = [make(), make()];
    fill(a, 1, 20);
    fill(b, 1, 20);
    const leave = testSigned({ id: testId(3), sequence: 2, status: "leaving" });
    (knowing === "initiator" ? a : b).apply(leave, {}, 1_000);
    sync(a, b, 6_000);
    for (const directory of [a, b]) {
      expect(directory.get(testId(3)), knowing).toBeUndefined();
      expect(directory.tombstoneOf(testId(3))).toMatchObject({ state: "left", atMs: 1_000 });
    }
  }
});

test("what expired here is neither taken back nor forced on the other", () => {
  const [a, b] = [make(), make()];
  fill(a, 1, 1, 0);
  fill(b, 1, 1, 20_000);
  a.expire(95_000);
  sync(a, b, 95_000);
  expect(a.size).toBe(0);
  expect(b.size).toBe(1);
});

test("however often records go round, their age only grows", () => {
  const delay = fc.integer({ min: 0, max: 3_000 });
  const hop = fc.tuple(fc.nat(3), fc.nat(3), fc.integer({ min: 0, max: 5_000 }), delay);
  fc.assert(
    fc.property(fc.array(hop, { maxLength: 40 }), (hops) => {
      const ring = [make(), make(), make(), make()];
      fill(ring[0]!, 1, 3, 0);
      let nowMs = 0;
      for (const [from, to, waitMs, delayMs] of hops) {
        nowMs += waitMs + delayMs;
        for (const directory of ring) directory.expire(nowMs);
        if (from !== to) sync(ring[from]!, ring[to]!, nowMs, delayMs);
        nowMs += delayMs;
        for (const directory of ring) {
          for (const { receivedAtMs } of directory.entries()) expect(receivedAtMs).toBeLessThanOrEqual(0);
        }
      }
      for (const directory of ring) {
        directory.expire(Math.max(nowMs, 90_001));
        expect(directory.size).toBe(0);
      }
    }),
    { numRuns: 100 },
  );
});

test("meshes are not mixed", () => {
  const [a, b] = [make("mesh1"), make("mesh2")];
  const { initiator, responder } = sync(a, b, 0);
  expect(initiator).toMatchObject({ equal: false, refused: "mesh_mismatch: mesh2" });
  expect(responder).toMatchObject({ equal: false, refused: "mesh_mismatch" });
  const [opening] = new SyncSession(a).start();
  expect(opening?.kind === "send" && syncMeshOf(opening.frame)).toBe("mesh1");
  expect(() => syncMeshOf(encodeSyncFrame({ kind: "equal" }))).toThrow(DecodeError);
});

test("an envelope that cannot be read is counted and harms nothing else", () => {
  const [a] = [make()];
  const session = new SyncSession(a);
  session.start();
  session.handle(encodeSyncFrame({ kind: "buckets", live: 2, bits: 4, digests: new Uint8Array(128).fill(1) }), 0);
  const items = [
    { envelope: Uint8Array.of(1, 2, 3), ageMs: 0 },
    { envelope: testSigned({ mesh: "mesh2" }).bytes, ageMs: 0 },
    { envelope: testSigned().bytes, ageMs: 5 },
  ];
  const outputs = session.handle(encodeSyncFrame({ kind: "records", items, last: true }), 0);
  expect(outputs).toMatchObject([{ kind: "verify", records: [{ ageMs: 5 }] }]);
  const ending = session.handle(encodeSyncFrame({ kind: "want", ids: [testId(77)], last: true }), 0).at(-1);
  expect(ending).toMatchObject({ kind: "done", result: { unreadable: 1, receivedRecords: 1, sentRecords: 0 } });
  expect(session.handle(encodeSyncFrame({ kind: "equal" }), 0)).toEqual([]);
});

test("whatever a hostile peer sends, the session ends in done or in a DecodeError", () => {
  const legal = [
    encodeSyncFrame({ kind: "root", mesh: "mesh1", live: 9, digest: new Uint8Array(8) }),
    encodeSyncFrame({ kind: "equal" }),
    encodeSyncFrame({ kind: "refused", reason: "no" }),
    encodeSyncFrame({ kind: "buckets", live: 9, bits: 4, digests: new Uint8Array(128) }),
    encodeSyncFrame({
      kind: "ids",
      bits: 4,
      buckets: [1, 2],
      versions: [{ id: testId(5), generation: 1, sequence: 1 }],
      last: true,
    }),
    encodeSyncFrame({ kind: "records", items: [{ envelope: testSigned().bytes, ageMs: 1 }], last: true }),
    encodeSyncFrame({ kind: "want", ids: [testId(5)], last: true }),
  ];
  const frame = fc.oneof(
    fc.constantFrom(...legal),
    fc.uint8Array({ maxLength: 60 }),
    fc
      .tuple(fc.constantFrom(...legal), fc.nat(), fc.nat(255))
      .map(([bytes, at, value]) => bytes.with(at % bytes.length, value)),
  );
  fc.assert(
    fc.property(fc.boolean(), fc.array(frame, { maxLength: 6 }), (initiates, frames) => {
      const directory = make();
      fill(directory, 1, 10);
      const session = new SyncSession(directory);
      if (initiates) session.start();
      for (const bytes of frames) {
        for (const output of session.handle(bytes, 1_000)) {
          if (output.kind === "failed") expect(output.error).toBeInstanceOf(DecodeError);
        }
      }
    }),
    { numRuns: 1_000 },
  );
});

test("frames out of turn and endless lists are violations", () => {
  const outOfTurn = new SyncSession(make());
  const records = encodeSyncFrame({ kind: "records", items: [], last: true });
  expect(outOfTurn.handle(records, 0)).toMatchObject([
    { kind: "failed", error: { message: expect.stringContaining("out of turn") } },
  ]);
  const endless = new SyncSession(make());
  endless.handle(encodeSyncFrame({ kind: "root", mesh: "mesh1", live: 1e6, digest: new Uint8Array(8).fill(1) }), 0);
  let failed = false;
  for (let batch = 0; batch < 100 && !failed; batch++) {
    const ids = Array.from({ length: 1_000 }, (_, i) => ({
      id: testId(batch * 1_000 + i),
      generation: 1,
      sequence: 1,
    }));
    const outputs = endless.handle(
      encodeSyncFrame({ kind: "ids", bits: 8, buckets: [0], versions: ids, last: false }),
      0,
    );
    failed = outputs.some((output) => output.kind === "failed");
  }
  expect(failed).toBe(true);
});
