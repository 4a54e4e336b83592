/** The filter in the page's address, live. */
import { useMemo } from "react";
import { type NodeFilter, parseFilter, withFilter } from "../model/node-filter.js";
import { replaceSearch, useSearch } from "./use-query.js";

export function setFilter(filter: NodeFilter): void {
  replaceSearch(withFilter(window.location.search, filter));
}

export function useFilter(): NodeFilter {
  const search = useSearch();
  return useMemo(() => parseFilter(search), [search]);
}
