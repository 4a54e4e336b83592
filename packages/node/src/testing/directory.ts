/**
 * Real directory machines for tests, filled without cryptography: a directory never looks at signatures, which are verified before.
 */
import { Directory, type NodeRecord, type SignedRecord, signObituary, signRecord } from "@meshwork/protocol";

/** 64 hex digits that differ in their first six. */
export const idOf = (number: number): string => number.toString(16).padStart(6, "0").padEnd(64, "a");

const sign = (message: Uint8Array) => new Uint8Array(64).fill(message.length & 0xff);

export function signedRecord(number: number, overrides: Partial<NodeRecord> = {}): SignedRecord {
  const record: NodeRecord = {
    ...{ id: idOf(number), bootNonce: "00112233445566ff", mesh: "mesh1", type: "broker", generation: 1, sequence: 1 },
    ...{ addresses: [`127.0.0.1:${4_000 + number}`], version: "0.1.0", startedAtMs: 0, neighbors: [] },
    ...{ loadClass: "idle", cpuBudgetCores: 4, ramBudgetBytes: 1e9, framesSent: 0, framesReceived: 0 },
    ...{ refreshIntervalMs: 30_000, status: "alive" },
    ...overrides,
  };
  return signRecord(record, sign);
}

/** A directory of node 0 that lists these members since `nowMs`. */
export function directoryOf(mesh: string, members: readonly number[], nowMs = 0): Directory {
  const directory = new Directory({ mesh, self: idOf(0), hash });
  directory.setOwn(signedRecord(0, { mesh }), nowMs);
  for (const number of members) directory.apply(signedRecord(number, { mesh }), {}, nowMs);
  return directory;
}

/** The obituary of a member's first record, by two others. */
export function declareDead(directory: Directory, accused: number, by: readonly [number, number], nowMs: number): void {
  const accusation = { mesh: directory.mesh, accused: idOf(accused), generation: 1, sequence: 1 };
  const witness = { id: idOf(by[1]), signature: sign(new Uint8Array(1)) };
  const { kind } = directory.applyObituary(signObituary(accusation, idOf(by[0]), sign, witness), {}, nowMs);
  if (kind !== "applied") throw new Error(`the obituary was not applied: ${kind}`);
}

/** 32 bytes that depend on the input; resists nobody. */
function hash(bytes: Uint8Array): Uint8Array {
  const digest = new Uint8Array(32);
  bytes.forEach((byte, at) => {
    digest[at % 32] = (digest[at % 32] ?? 0) * 31 + byte;
  });
  return digest;
}
