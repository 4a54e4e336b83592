/** Bytes of peers, as they come in broadcasts, probe frames and syncs: noise, and what was valid once and is not quite any more. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../errors.js";
import { decodeBroadcast } from "../wire/broadcast.js";
import { buriedBitmap, signMerged, verifyMerged } from "../wire/merged.js";
import { verifyObituary } from "../wire/obituary.js";
import { decodeProbeFrame, encodeProbeFrame, type ProbeFrame } from "../wire/probe.js";
import { decodeSyncFrame, encodeSyncFrame, type SyncFrame } from "../wire/sync.js";
import { Directory } from "./directory.js";
import { SyncSession, syncMeshOf } from "./sync.js";
import { testHash, testId, testSigned } from "./testing/records.js";
import { testObituary, testSignedBy, testSigner, testVerify } from "./testing/signatures.js";
import { makeTopic } from "./testing/topic.js";

const [SELF, PEER, ISSUER, WITNESS] = [0, 1, 2, 3].map(testId) as [string, string, string, string];
const accusation = { mesh: "mesh1", accused: PEER, generation: 1, sequence: 1 };
const obituary = testObituary(accusation, ISSUER, WITNESS);
const BROADCASTS = [
  testSignedBy({ id: PEER, sequence: 7, relayUrl: "https://relay", credential: new Uint8Array(9), cpuUsedCores: 0.5 }),
  testSignedBy({ id: PEER, sequence: 9, status: "leaving", neighbors: [ISSUER, WITNESS], addresses: [] }),
  obituary,
  testObituary({ ...accusation, accused: SELF, sequence: 3 }, ISSUER, WITNESS),
  signMerged(
    { mesh: "mesh1", issuer: ISSUER, contact: PEER, nonce: 3, buried: buriedBitmap([SELF]) },
    testSigner(ISSUER),
  ),
].map(({ bytes }) => bytes);
const PROBES: Uint8Array[] = (
  [
    { kind: "indirect-request", accusation, budgetMs: 1_000 },
    { kind: "indirect-reply", reply: { outcome: "reached", heardAgoMs: 12 } },
    {
      kind: "indirect-reply",
      reply: { outcome: "unreached", generation: 1, sequence: 2, signature: new Uint8Array(64).fill(3) },
    },
    { kind: "indirect-reply", reply: { outcome: "declined" } },
    { kind: "obituary", obituary },
  ] satisfies ProbeFrame[]
).map(encodeProbeFrame);
const SYNCS: Uint8Array[] = (
  [
    { kind: "root", mesh: "mesh1", live: 3, digest: new Uint8Array(8) },
    { kind: "equal" },
    { kind: "refused", reason: "mesh_mismatch: mesh2" },
    { kind: "buckets", live: 3, bits: 4, digests: new Uint8Array(128).fill(7) },
    { kind: "ids", bits: 4, buckets: [0, 3], versions: [{ id: PEER, generation: 1, sequence: 2 }], last: true },
    { kind: "records", items: BROADCASTS.map((envelope) => ({ envelope, ageMs: 5 })), last: false },
    { kind: "records", items: [], last: true },
    { kind: "want", ids: [PEER, ISSUER], last: true },
  ] satisfies SyncFrame[]
).map(encodeSyncFrame);

type Edit = (bytes: Uint8Array) => Uint8Array;
const place = fc.nat(2_000);
const anyEdit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(place, fc.nat(255)).map<Edit>(([at, value]) => (bytes) => {
    return bytes.length === 0 ? bytes : bytes.with(at % bytes.length, value);
  }),
  fc.tuple(place, fc.nat(7)).map<Edit>(([at, bit]) => (bytes) => {
    return bytes.length === 0 ? bytes : bytes.with(at % bytes.length, bytes[at % bytes.length]! ^ (1 << bit));
  }),
  place.map<Edit>((at) => (bytes) => bytes.slice(0, at % (bytes.length + 1))),
  fc.tuple(place, fc.nat(40)).map<Edit>(([at, count]) => (bytes) => {
    const from = at % (bytes.length + 1);
    return Uint8Array.from([...bytes.subarray(0, from), ...bytes.subarray(from + count)]);
  }),
  fc.tuple(place, fc.uint8Array({ maxLength: 40 })).map<Edit>(([at, extra]) => (bytes) => {
    const from = at % (bytes.length + 1);
    return Uint8Array.from([...bytes.subarray(0, from), ...extra, ...bytes.subarray(from)]);
  }),
  // A part of it once more, at its end: fields that come twice.
  fc.tuple(place, place).map<Edit>(([at, count]) => (bytes) => {
    const from = at % (bytes.length + 1);
    return Uint8Array.from([...bytes, ...bytes.subarray(from, from + count)]);
  }),
);

/** Valid bytes after one to four edits, or two of them spliced, or noise. */
function damaged(valid: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const one = fc.constantFrom(...valid);
  const edited = fc
    .tuple(one, fc.array(anyEdit, { minLength: 1, maxLength: 4 }))
    .map(([bytes, edits]) => edits.reduce((result, edit) => edit(result), bytes));
  const spliced = fc.tuple(one, one, place, place).map(([head, tail, end, start]) => {
    return Uint8Array.from([...head.subarray(0, end % (head.length + 1)), ...tail.subarray(start % (tail.length + 1))]);
  });
  return fc.oneof(
    { weight: 6, arbitrary: edited },
    { weight: 2, arbitrary: spliced },
    fc.uint8Array({ maxLength: 90 }),
  );
}

/** What `read` makes of each, which is a value or a `DecodeError`; both have to occur. */
function decodes(valid: readonly Uint8Array[], read: (bytes: Uint8Array) => void): void {
  const seen = { read: 0, refused: 0 };
  fc.assert(
    fc.property(damaged(valid), (bytes) => {
      try {
        read(bytes);
        seen.read++;
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
        seen.refused++;
      }
    }),
    { numRuns: 3_000 },
  );
  expect(seen.read).toBeGreaterThan(100);
  expect(seen.refused).toBeGreaterThan(100);
}

test("a broadcast is read or refused with DecodeError, and what was read can be verified", () => {
  decodes(BROADCASTS, (bytes) => {
    const read = decodeBroadcast(bytes);
    if (read.kind === "obituary") verifyObituary(read.obituary, testVerify);
    if (read.kind === "merged") verifyMerged(read.merged, testVerify);
  });
});

test("a probe frame is read or refused with DecodeError", () => {
  decodes(PROBES, (bytes) => {
    const frame = decodeProbeFrame(bytes);
    if (frame.kind === "obituary") verifyObituary(frame.obituary, testVerify);
  });
});

test("a sync frame is read or refused with DecodeError, and so is the mesh that it opens for", () => {
  decodes(SYNCS, decodeSyncFrame);
  decodes(SYNCS.slice(0, 2), syncMeshOf);
});

test("a session of damaged frames in any order ends well or as failed, and throws nothing", () => {
  // The valid turns of each side, so that damage comes at every stage.
  const [root, , , buckets, ids, records, last, want] = SYNCS as [Uint8Array, ...Uint8Array[]];
  const turns = { initiator: [buckets, records, last, want], responder: [root, ids, records, last] };
  const frames = fc.array(fc.oneof(fc.constantFrom(...SYNCS), damaged(SYNCS)), { maxLength: 8 });
  const ends = new Map<string, number>();
  fc.assert(
    fc.property(frames, fc.nat(4), fc.boolean(), (rest, valid, initiates) => {
      const directory = new Directory({ mesh: "mesh1", self: SELF, hash: testHash });
      for (const id of [SELF, ISSUER, WITNESS]) directory.apply(testSigned({ id }), {}, 0);
      const before = directory.entries();
      const session = new SyncSession(directory);
      if (initiates) session.start();
      const first = initiates ? turns.initiator : turns.responder;
      for (const frame of [...first.slice(0, valid), ...rest].filter((bytes) => bytes !== undefined)) {
        const wasOver = session.ended;
        const outputs = session.handle(frame, 1_000);
        if (wasOver) expect(outputs).toEqual([]);
        for (const output of outputs) {
          ends.set(output.kind, (ends.get(output.kind) ?? 0) + 1);
          if (output.kind === "failed") expect(output.error).toBeInstanceOf(DecodeError);
        }
      }
      // A session changes no member by itself.
      expect(directory.entries()).toEqual(before);
    }),
    { numRuns: 1_000 },
  );
  for (const kind of ["send", "verify", "done", "failed"])
    expect([kind, (ends.get(kind) ?? 0) > 5]).toEqual([kind, true]);
});

test("even where every signature holds, no content that can be read breaks the membership of a topic", () => {
  let applied = 0;
  fc.assert(
    fc.property(fc.array(damaged(BROADCASTS), { minLength: 1, maxLength: 12 }), (contents) => {
      const topic = makeTopic({ self: SELF, members: [PEER, ISSUER, WITNESS], verify: () => true });
      topic.hand({ kind: "neighbor-up", peer: PEER });
      const before = topic.of("change").length;
      for (const content of contents) {
        topic.receive(content, PEER);
        topic.runTo(topic.nowMs + 300);
      }
      applied += topic.of("change").length - before;
      // What is believed can be told, and asked for by name.
      for (const { id, name, record } of topic.machine.directory.entries()) {
        expect(name).toContain(record.type);
        expect(topic.machine.directory.envelopeOf(id, topic.nowMs)?.signed.bytes.length).toBeGreaterThan(0);
      }
      topic.runTo(topic.nowMs + 120_000);
      expect(topic.machine.version.sequence).toBeGreaterThan(0);
    }),
    { numRuns: 300 },
  );
  expect(applied).toBeGreaterThan(100);
});
