/** A column's head that sorts by it; pressed again, the other way round. */
import type { ReactNode } from "react";
import type { Sorting } from "../model/sorting.js";

export interface SortHeadProps<K extends string> {
  readonly column: K;
  readonly sorting: Sorting<K>;
  readonly onSort: (sorting: Sorting<K>) => void;
  readonly title?: string;
  /** At the right, and the highest first. */
  readonly numeric?: boolean;
  /** The highest first, at the left. */
  readonly falling?: boolean;
  readonly children: ReactNode;
}

export function SortHead<K extends string>(props: SortHeadProps<K>) {
  const { column, sorting, onSort, title, numeric = false, falling = numeric, children } = props;
  const chosen = sorting.by === column;
  const order = sorting.descending ? "descending" : "ascending";
  return (
    <th className={numeric ? "num" : undefined} aria-sort={chosen ? order : undefined} title={title}>
      <button
        type="button"
        className="sort-head"
        onClick={() => onSort({ by: column, descending: chosen ? !sorting.descending : falling })}
        data-testid={`sort-${column}`}
      >
        {children}
        <span aria-hidden="true">{chosen ? (sorting.descending ? " ▾" : " ▴") : ""}</span>
      </button>
    </th>
  );
}
