/** A directory as its owner tells it to who asks over the mesh (`mesh.directory`): JSON lines of RemoteDirectoryEntry. */
import { type DirectoryEntry, MeshError } from "@meshwork/protocol";
import type { RemoteDirectoryEntry } from "./types.js";

export function encodeRemoteDirectory(entries: readonly DirectoryEntry[], nowMs: number): string {
  const lines: RemoteDirectoryEntry[] = entries.map((entry) => ({
    id: entry.id,
    name: entry.name,
    mesh: entry.mesh,
    type: entry.type,
    addresses: entry.record.addresses,
    ageMs: Math.max(0, Math.round(nowMs - entry.receivedAtMs)),
    state: entry.state,
  }));
  return JSON.stringify(lines);
}

export function decodeRemoteDirectory(body: Uint8Array | string): RemoteDirectoryEntry[] {
  try {
    const lines = JSON.parse(typeof body === "string" ? body : new TextDecoder().decode(body)) as unknown;
    if (!Array.isArray(lines) || !lines.every(isEntry)) throw new Error("not a list of entries");
    return lines;
  } catch (error) {
    throw new MeshError("MESH_E_PROTOCOL", `the directory in the reply cannot be read: ${(error as Error).message}`);
  }
}

function isEntry(value: unknown): value is RemoteDirectoryEntry {
  if (typeof value !== "object" || value === null) return false;
  const entry = value as Record<string, unknown>;
  return (
    ["id", "name", "mesh", "type", "state"].every((key) => typeof entry[key] === "string") &&
    typeof entry.ageMs === "number" &&
    Array.isArray(entry.addresses)
  );
}
