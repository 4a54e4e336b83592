/**
 * From what a user writes to exactly one live node: a full name, a name with any other length of id prefix, a bare id, or six and
 * more digits of one. What matches nobody is refused with the nearest names, what matches several with the longer names that
 * would do. Nothing is ever picked.
 */
import { MeshError } from "../errors.js";
import { longerName, NAME_ID_DIGITS, parseName } from "../names.js";

/** What has a name. */
export interface Named {
  readonly id: string;
  readonly mesh: string;
  readonly type: string;
}

const BARE_ID = /^[0-9a-f]{6,64}$/;
const MAX_LISTED = 8;
const MAX_SUGGESTIONS = 3;
/** The edit distance costs about 2 µs a name; an unknown name may cost 2 ms, not more. */
const MAX_COMPARED = 1_000;
const MAX_COMPARED_LENGTH = 80;

interface Query {
  readonly mesh: string | undefined;
  readonly type: string | undefined;
  readonly idPrefix: string;
}

/** Resolves over a list, in one walk. Throws MESH_E_UNKNOWN_NAME or MESH_E_AMBIGUOUS_NAME. */
export function resolveName<T extends Named>(entries: Iterable<T>, text: string): T {
  const query = parseQuery(text);
  const matches: T[] = [];
  if (query !== undefined) for (const entry of entries) if (matchesQuery(entry, query)) matches.push(entry);
  return only(matches, entries, text);
}

/**
 * Resolves without a walk: for who resolves a name per message. Owner: whoever feeds it a directory's changes; an entry leaves
 * by `remove`.
 */
export class NameIndex<T extends Named> {
  /** By the first six digits of the id, which hardly ever collide. */
  readonly #byDigits = new Map<string, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds an entry, or replaces the one with the same mesh and id. */
  add(entry: T): void {
    const key = entry.id.slice(0, NAME_ID_DIGITS);
    const bucket = this.#byDigits.get(key);
    if (bucket === undefined) this.#byDigits.set(key, [entry]);
    else {
      const at = bucket.findIndex((held) => held.id === entry.id && held.mesh === entry.mesh);
      if (at >= 0) {
        bucket[at] = entry;
        return;
      }
      bucket.push(entry);
    }
    this.#size++;
  }

  remove(mesh: string, id: string): void {
    const key = id.slice(0, NAME_ID_DIGITS);
    const bucket = this.#byDigits.get(key);
    const at = bucket?.findIndex((held) => held.id === id && held.mesh === mesh) ?? -1;
    if (bucket === undefined || at < 0) return;
    bucket.splice(at, 1);
    if (bucket.length === 0) this.#byDigits.delete(key);
    this.#size--;
  }

  /** Throws MESH_E_UNKNOWN_NAME or MESH_E_AMBIGUOUS_NAME. */
  resolve(text: string): T {
    const query = parseQuery(text);
    if (query === undefined || query.idPrefix.length < NAME_ID_DIGITS) return resolveName(this.values(), text);
    const bucket = this.#byDigits.get(query.idPrefix.slice(0, NAME_ID_DIGITS)) ?? [];
    const matches = bucket.filter((entry) => matchesQuery(entry, query));
    return matches.length === 1 ? matches[0]! : only(matches, this.values(), text);
  }

  *values(): IterableIterator<T> {
    for (const bucket of this.#byDigits.values()) yield* bucket;
  }
}

function parseQuery(text: string): Query | undefined {
  const lower = text.trim().toLowerCase();
  if (BARE_ID.test(lower)) return { mesh: undefined, type: undefined, idPrefix: lower };
  return parseName(lower);
}

function matchesQuery(entry: Named, query: Query): boolean {
  return (
    entry.id.startsWith(query.idPrefix) &&
    (query.mesh === undefined || entry.mesh === query.mesh) &&
    (query.type === undefined || entry.type === query.type)
  );
}

function only<T extends Named>(matches: readonly T[], entries: Iterable<T>, text: string): T {
  const [first] = matches;
  if (first === undefined) throw unknownName(entries, text);
  if (matches.length > 1) throw ambiguousName(matches, text);
  return first;
}

function ambiguousName(matches: readonly Named[], text: string): MeshError {
  const names = matches.map((entry) => {
    const rivals = matches.filter((other) => other !== entry && other.mesh === entry.mesh && other.type === entry.type);
    const shared = rivals.reduce((most, rival) => Math.max(most, commonPrefix(entry.id, rival.id)), 0);
    return longerName(entry.mesh, entry.type, entry.id, Math.max(NAME_ID_DIGITS, shared + 1));
  });
  names.sort();
  const listed = names.slice(0, MAX_LISTED).join(", ");
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : "";
  return new MeshError("MESH_E_AMBIGUOUS_NAME", `${quoted(text)} is one of ${listed}${more}`);
}

function unknownName(entries: Iterable<Named>, text: string): MeshError {
  const nearest = suggestNames(entries, text);
  const hint = nearest.length === 0 ? "" : ` (nearest: ${nearest.join(", ")})`;
  return new MeshError("MESH_E_UNKNOWN_NAME", quoted(text) + hint);
}

/** Up to three names that the text may have meant: names that start with it, then those at a small edit distance. */
export function suggestNames(entries: Iterable<Named>, text: string): string[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "" || wanted.length > MAX_COMPARED_LENGTH) return [];
  const tolerance = Math.max(2, Math.floor(wanted.length / 3));
  const scored: { name: string; distance: number }[] = [];
  let compared = 0;
  for (const entry of entries) {
    if (++compared > MAX_COMPARED) break;
    const name = longerName(entry.mesh, entry.type, entry.id, NAME_ID_DIGITS);
    const distance = name.startsWith(wanted) ? 0 : editDistance(wanted, name, tolerance);
    if (distance <= tolerance) scored.push({ name, distance });
  }
  scored.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return scored.slice(0, MAX_SUGGESTIONS).map(({ name }) => name);
}

/** Levenshtein's distance, or `limit + 1` as soon as it is certain to be above the limit. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1);
      const cost = Math.min(replaced, row[j]! + 1, next[j - 1]! + 1);
      next.push(cost);
      if (cost < least) least = cost;
    }
    if (least > limit) return limit + 1;
    row = next;
  }
  return row[b.length]!;
}

function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 150 ? `${text.slice(0, 150)}…` : text);
}
