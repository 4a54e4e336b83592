/** What the page's address carries besides the view: filter, order, search. One place that listens, so that all readers agree. */
import { useCallback, useSyncExternalStore } from "react";
import { withValue } from "../state/query.js";

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

const readSearch = () => window.location.search;

export function useSearch(): string {
  return useSyncExternalStore(subscribe, readSearch);
}

/** Typing makes no entries of the browser's history. */
export function replaceSearch(search: string): void {
  const { pathname, hash } = window.location;
  window.history.replaceState(window.history.state, "", `${pathname}${search}${hash}`);
  for (const listener of [...listeners]) listener();
}

/** One word of the address; empty where it is not there. */
export function useWord(key: string): readonly [string, (value: string) => void] {
  const value = new URLSearchParams(useSearch()).get(key) ?? "";
  const set = useCallback((next: string) => replaceSearch(withValue(window.location.search, key, next)), [key]);
  return [value, set];
}
