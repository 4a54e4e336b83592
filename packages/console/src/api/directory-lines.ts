/** Lines of a directory as the API shows them: the console's own, and those that another node has told. */
import type { Departure, DirectoryEntry, RemoteDirectoryEntry } from "@meshwork/node";
import type { DirectoryLine } from "../api-types.js";
import { locationOf } from "../live/node-row.js";

/** What a line has in both. */
function base({ name, id, mesh, type }: Pick<DirectoryEntry, "name" | "id" | "mesh" | "type">) {
  return { name, id, idPrefix: id.slice(0, 6), mesh, type };
}

function recordOf({ record, receivedAtMs }: DirectoryEntry, nowMs: number) {
  const { addresses, relayUrl } = record;
  return {
    addresses: [...addresses],
    location: locationOf(addresses, relayUrl),
    ageMs: Math.max(0, nowMs - receivedAtMs),
  };
}

export function liveLine(entry: DirectoryEntry, nowMs: number): DirectoryLine {
  const { suspectedSinceMs, firstSeenAtMs } = entry;
  return {
    ...base(entry),
    ...recordOf(entry, nowMs),
    state: suspectedSinceMs === undefined ? "alive" : "suspected",
    stateAgeMs: Math.max(0, nowMs - (suspectedSinceMs ?? firstSeenAtMs)),
    accusedBy: [],
  };
}

export function departedLine(
  { entry, state, sinceMs, by }: Departure,
  nowMs: number,
  nameOf: (id: string) => string | null,
): DirectoryLine {
  return {
    ...base(entry),
    ...recordOf(entry, nowMs),
    state,
    stateAgeMs: Math.max(0, nowMs - sinceMs),
    accusedBy: by.map((id) => nameOf(id) ?? id),
  };
}

export function remoteLine(entry: RemoteDirectoryEntry, nameOf: (id: string) => string | null): DirectoryLine {
  const { addresses, state, ageMs, stateAgeMs, by = [] } = entry;
  return {
    ...base(entry),
    addresses: [...addresses],
    location: locationOf(addresses),
    state,
    stateAgeMs: stateAgeMs ?? null,
    accusedBy: by.map(({ id, name }) => name ?? nameOf(id) ?? id),
    ageMs,
  };
}
