/** Where the reader is, in the URL's fragment: `#/nodes`, `#/traces/<id>`, `#/directory/<name>`. A link to it is a link to the view. */
export const TABS = [
  "topology",
  "nodes",
  "directory",
  "boot",
  "messages",
  "traces",
  "timeline",
  "alerts",
  "runtime",
  "profile",
  "chaos",
  "tests",
] as const;
export type Tab = (typeof TABS)[number];

export interface Route {
  readonly tab: Tab;
  /** What is chosen in it: a node's name or key, or a trace id. */
  readonly item: string | null;
}

const HOME: Route = { tab: "topology", item: null };

/** Anything unknown is the first tab. */
export function parseRoute(hash: string): Route {
  const [tab, ...rest] = hash.replace(/^#\/?/, "").split("/");
  if (!isTab(tab)) return HOME;
  const item = rest.join("/");
  try {
    return { tab, item: item === "" ? null : decodeURIComponent(item) };
  } catch {
    return { tab, item: null };
  }
}

export function routeHash(tab: Tab, item: string | null = null): string {
  return item === null ? `#/${tab}` : `#/${tab}/${encodeURIComponent(item)}`;
}

function isTab(text: string | undefined): text is Tab {
  return TABS.includes(text as Tab);
}
