/** Rows in the order that a column gives. */

export interface Sorting<K extends string> {
  readonly by: K;
  readonly descending: boolean;
}

/** Unknown comes last, whichever way. */
export function sorted<T, K extends string>(
  rows: readonly T[],
  { by, descending }: Sorting<K>,
  cellOf: (row: T, column: K) => number | string | null,
): T[] {
  const way = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [cellOf(a, by), cellOf(b, by)];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    if (typeof left === "number" && typeof right === "number") return way * (left - right);
    return way * String(left).localeCompare(String(right));
  });
}
