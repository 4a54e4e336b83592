/**
 * Keys that work wherever the focus is, except in a field that takes text and in a dialog: `/` to the view's search, `?` to the list of
 * keys, an arrow onto the map. The search is the element with `data-search`; the map's nodes have `data-node`, its canvas `data-map`.
 */
import { useEffect } from "react";
import { routeHash } from "../state/route.js";

export function useKeys(onHelp: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (takesText(document.activeElement) || document.querySelector("dialog[open]") !== null) return;
      if (event.key === "?") onHelp();
      else if (event.key === "/") toSearch();
      else if (event.key.startsWith("Arrow") && document.activeElement === document.body && onMap()) toMap();
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [onHelp]);
}

/** A view without a search has the map's. */
function toSearch(): void {
  const focus = () => {
    const input = document.querySelector<HTMLInputElement>("[data-search]");
    input?.focus();
    input?.select();
    return input !== null;
  };
  if (focus()) return;
  window.addEventListener("hashchange", () => requestAnimationFrame(focus), { once: true });
  window.location.hash = routeHash("topology");
}

function onMap(): boolean {
  return document.querySelector("[data-node], [data-map]") !== null;
}

function toMap(): void {
  const chosen = document.querySelector<HTMLElement>("[data-node][aria-current]");
  (chosen ?? document.querySelector<HTMLElement>("[data-node], [data-map]"))?.focus();
}

function takesText(element: Element | null): boolean {
  return element?.matches("input:not([type=checkbox], [type=range]), select, textarea") === true;
}
