/** A column's head that sorts by it; pressed again, the other way round. */
import type { ReactNode } from "react";

export interface Sorting<K extends string> {
  readonly by: K;
  readonly descending: boolean;
}

export interface SortHeadProps<K extends string> {
  readonly column: K;
  readonly sorting: Sorting<K>;
  readonly onSort: (sorting: Sorting<K>) => void;
  readonly title?: string;
  readonly numeric?: boolean;
  readonly children: ReactNode;
}

export function SortHead<K extends string>(props: SortHeadProps<K>) {
  const { column, sorting, onSort, title, numeric = false, children } = props;
  const chosen = sorting.by === column;
  const order = sorting.descending ? "descending" : "ascending";
  return (
    <th className={numeric ? "num" : undefined} aria-sort={chosen ? order : undefined} title={title}>
      <button
        type="button"
        className="sort-head"
        onClick={() => onSort({ by: column, descending: chosen ? !sorting.descending : numeric })}
        data-testid={`sort-${column}`}
      >
        {children}
        <span aria-hidden="true">{chosen ? (sorting.descending ? " ▾" : " ▴") : ""}</span>
      </button>
    </th>
  );
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
