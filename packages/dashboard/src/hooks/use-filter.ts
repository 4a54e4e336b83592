/** The filter in the page's address, live. */
import { useMemo, useSyncExternalStore } from "react";
import { type NodeFilter, parseFilter, withFilter } from "../model/node-filter.js";

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

/** Typing makes no entries of the browser's history. */
export function setFilter(filter: NodeFilter): void {
  const { pathname, search, hash } = window.location;
  window.history.replaceState(window.history.state, "", `${pathname}${withFilter(search, filter)}${hash}`);
  for (const listener of [...listeners]) listener();
}

export function useFilter(): NodeFilter {
  const search = useSyncExternalStore(subscribe, () => window.location.search);
  return useMemo(() => parseFilter(search), [search]);
}
