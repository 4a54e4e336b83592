/** The views, as links: each has an address of its own. Where they do not all fit, the one that is shown is in sight. */
import { useEffect, useRef } from "react";
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
  chaos: "Chaos",
  tests: "Tests",
};

export function Tabs({ current }: { readonly current: Tab }) {
  const ref = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the element that is current follows `current`
  useEffect(() => {
    ref.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [current]);
  return (
    <nav ref={ref} className="tabs" aria-label="Views">
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
