/** The views, as links: each has an address of its own. */
import { routeHash, TABS, type Tab } from "../state/route.js";

const TITLES: Readonly<Record<Tab, string>> = {
  topology: "Topology",
  nodes: "Nodes",
  directory: "Directory",
  boot: "Boot",
  messages: "Messages",
  traces: "Traces",
  timeline: "Timeline",
  alerts: "Alerts",
  runtime: "Runtime",
  profile: "Profile",
};

export function Tabs({ current }: { readonly current: Tab }) {
  return (
    <nav className="tabs" aria-label="Views">
      {TABS.map((tab) => (
        <a
          key={tab}
          href={routeHash(tab)}
          aria-current={tab === current ? "page" : undefined}
          data-testid={`tab-${tab}`}
        >
          {TITLES[tab]}
        </a>
      ))}
    </nav>
  );
}
