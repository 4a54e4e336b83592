/** What the tables show, from the rows: what grows, and each collection over all nodes. Pure. */
import { HANDLES, MEMORY, type RuntimeRow } from "./runtime-state.js";
import type { Course, Trend } from "./trend.js";

/** Stores of the console that fill up to their bound and stay there: that they only grow until then is how they work. */
const FILLING: ReadonlySet<string> = new Set(
  ["traces", "spans", "messages", "events", "historyEntries", "serviceEdges"].map((name) => `console.${name}`),
);

export interface Growth {
  readonly row: RuntimeRow;
  readonly collection: string;
  readonly trend: Trend;
  readonly course: Course;
}

/** A store that fills is no leak. */
export function courseOf(collection: string, trend: Trend): Course {
  const course = trend.course();
  return course === "leak" && FILLING.has(collection) ? "grows" : course;
}

/** Suspected leaks first, then by how much it grew of what it was. A process's memory is listed only where it is suspect. */
export function growing(rows: Iterable<RuntimeRow>): Growth[] {
  const found: Growth[] = [];
  for (const row of rows)
    for (const [collection, trend] of row.view.live ? row.trends : []) {
      const course = courseOf(collection, trend);
      if (course === "leak" || (course === "grows" && collection !== MEMORY && collection !== HANDLES))
        found.push({ row, collection, trend, course });
    }
  const share = ({ trend }: Growth) => trend.change / Math.max(1, trend.first.value);
  const leak = ({ course }: Growth) => Number(course === "leak");
  return found.sort((a, b) => leak(b) - leak(a) || share(b) - share(a) || b.trend.change - a.trend.change);
}

export interface CollectionSum {
  readonly collection: string;
  readonly nodes: number;
  readonly total: number;
  readonly most: number;
  readonly mostAt: RuntimeRow;
  readonly change: number;
}

/** By name, over the live nodes. */
export function collections(rows: Iterable<RuntimeRow>): CollectionSum[] {
  const sums = new Map<string, CollectionSum>();
  for (const row of rows)
    for (const [collection, trend] of row.view.live ? row.trends : []) {
      if (collection === MEMORY || collection === HANDLES) continue;
      const { value, change } = trend;
      const held = sums.get(collection);
      const most = held === undefined || value > held.most ? { most: value, mostAt: row } : held;
      sums.set(collection, {
        ...{ collection, most: most.most, mostAt: most.mostAt },
        ...{ nodes: (held?.nodes ?? 0) + 1, total: (held?.total ?? 0) + value, change: (held?.change ?? 0) + change },
      });
    }
  return [...sums.values()].sort((a, b) => a.collection.localeCompare(b.collection));
}

/** Of all collections of a node. */
export function itemsOf({ view }: RuntimeRow): number | null {
  if (view.sizes === null) return null;
  return Object.entries(view.sizes).reduce((sum, [name, size]) => (isBytes(name) ? sum : sum + size), 0);
}

export function isBytes(collection: string): boolean {
  return collection === MEMORY || /bytes$/i.test(collection);
}
