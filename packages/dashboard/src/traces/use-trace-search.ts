/** The search among the traces, live from the page's address. */
import { useMemo } from "react";
import { replaceSearch, useSearch } from "../hooks/use-query.js";
import { withValue } from "../state/query.js";
import { FIELDS, MAX_CHARS, parseTraceSearch, type TraceSearch } from "./trace-search.js";

export function useTraceSearch(): readonly [
  TraceSearch,
  (field: keyof TraceSearch, value: string) => void,
  () => void,
] {
  const search = useSearch();
  const parsed = useMemo(() => parseTraceSearch(search), [search]);
  return [parsed, setField, clear];
}

function setField(field: keyof TraceSearch, value: string): void {
  replaceSearch(withValue(window.location.search, field, value.slice(0, MAX_CHARS)));
}

function clear(): void {
  replaceSearch(FIELDS.reduce((search, field) => withValue(search, field, ""), window.location.search));
}
