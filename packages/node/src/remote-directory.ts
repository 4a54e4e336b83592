/**
 * A directory as its owner tells it to who asks over the mesh (`mesh.directory`): a JSON list of RemoteDirectoryEntry, the live members
 * first, then the departed, newest first. Times travel as ages, since no two nodes share a clock.
 *
 * The live members are complete or the request fails with MESH_E_BODY_TOO_LARGE; of the departed there are as many as fit beside them.
 */
import { type Departure, type DirectoryEntry, MAX_BODY_BYTES, MeshError } from "@meshwork/protocol";
import type { RemoteAccuser, RemoteDirectoryEntry } from "./types.js";

/** A record holds 8; those of a later version may hold more. */
const MAX_ADDRESSES = 64;
/** An obituary carries two signatures. */
const MAX_ACCUSERS = 8;
const MAX_TEXT_CHARS = 512;
const ID = /^[0-9a-f]{64}$/;

export function encodeRemoteDirectory(
  entries: readonly DirectoryEntry[],
  nowMs: number,
  departed: readonly Departure[] = [],
): string {
  const lines = entries.map((entry) => JSON.stringify(liveLine(entry, nowMs)));
  // Brackets, and a comma for each line.
  let sizeBytes = 2 + lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
  if (departed.length > 0) {
    const nameOf = namesOf(entries, departed);
    for (const departure of departed) {
      const line = JSON.stringify(departedLine(departure, nowMs, nameOf));
      sizeBytes += Buffer.byteLength(line) + 1;
      if (sizeBytes > MAX_BODY_BYTES) break;
      lines.push(line);
    }
  }
  return `[${lines.join(",")}]`;
}

const ageAt = (nowMs: number, thenMs: number) => Math.max(0, Math.round(nowMs - thenMs));

function line(entry: DirectoryEntry, nowMs: number) {
  const { id, name, mesh, type, record, receivedAtMs } = entry;
  return { id, name, mesh, type, addresses: record.addresses, ageMs: ageAt(nowMs, receivedAtMs) };
}

function liveLine(entry: DirectoryEntry, nowMs: number): RemoteDirectoryEntry {
  const { suspectedSinceMs, firstSeenAtMs } = entry;
  const state = suspectedSinceMs === undefined ? "alive" : "suspected";
  return { ...line(entry, nowMs), state, stateAgeMs: ageAt(nowMs, suspectedSinceMs ?? firstSeenAtMs) };
}

function departedLine(
  { entry, state, sinceMs, by }: Departure,
  nowMs: number,
  nameOf: ReadonlyMap<string, string>,
): RemoteDirectoryEntry {
  const accusers = by.map((id): RemoteAccuser => {
    const name = nameOf.get(id);
    return name === undefined ? { id } : { id, name };
  });
  return { ...line(entry, nowMs), state, stateAgeMs: ageAt(nowMs, sinceMs), ...(by.length > 0 && { by: accusers }) };
}

/** Who accused may be gone itself. */
function namesOf(entries: readonly DirectoryEntry[], departed: readonly Departure[]): ReadonlyMap<string, string> {
  const names = new Map(departed.map(({ entry }) => [entry.id, entry.name]));
  for (const { id, name } of entries) names.set(id, name);
  return names;
}

/** Throws MESH_E_PROTOCOL. Fields that this version does not know are left out. */
export function decodeRemoteDirectory(body: Uint8Array | string): RemoteDirectoryEntry[] {
  try {
    const lines = JSON.parse(typeof body === "string" ? body : new TextDecoder().decode(body)) as unknown;
    if (!Array.isArray(lines)) throw new Error("not a list");
    return lines.map(decodeLine);
  } catch (error) {
    throw new MeshError("MESH_E_PROTOCOL", `the directory in the reply cannot be read: ${(error as Error).message}`);
  }
}

function decodeLine(value: unknown): RemoteDirectoryEntry {
  const fields = fieldsOf(value);
  const { addresses, stateAgeMs, by } = fields;
  return {
    id: id(fields.id),
    name: text(fields.name),
    mesh: text(fields.mesh),
    type: text(fields.type),
    addresses: list(addresses, MAX_ADDRESSES).map(text),
    ageMs: age(fields.ageMs),
    state: text(fields.state),
    ...(stateAgeMs !== undefined && { stateAgeMs: age(stateAgeMs) }),
    ...(by !== undefined && { by: list(by, MAX_ACCUSERS).map(decodeAccuser) }),
  };
}

function decodeAccuser(value: unknown): RemoteAccuser {
  const { id: accuser, name } = fieldsOf(value);
  return name === undefined ? { id: id(accuser) } : { id: id(accuser), name: text(name) };
}

function id(value: unknown): string {
  if (typeof value !== "string" || !ID.test(value)) throw new Error("not a node id");
  return value;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("not an entry");
  return value as Record<string, unknown>;
}

function text(value: unknown): string {
  if (typeof value !== "string" || value.length > MAX_TEXT_CHARS) throw new Error("not a text of an entry");
  return value;
}

function age(value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new Error("not an age");
  return Math.max(0, value);
}

function list(value: unknown, max: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > max) throw new Error("not a list of an entry");
  return value;
}
