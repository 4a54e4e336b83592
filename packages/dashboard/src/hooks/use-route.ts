/** The route in the URL's fragment, live. */
import { useSyncExternalStore } from "react";
import { parseRoute, type Route } from "../state/route.js";

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(subscribe, () => window.location.hash));
}
