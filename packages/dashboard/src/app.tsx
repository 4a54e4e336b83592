/** The page: strip, views, and the word about what is wrong where something is. */
import type { ComponentType } from "react";
import { AlertsTab } from "./alerts/alerts-tab.js";
import { BootTab } from "./boot/boot-tab.js";
import { ChaosTab } from "./chaos/chaos-tab.js";
import { DirectoryTab } from "./directory/directory-tab.js";
import { useLive } from "./hooks/use-live.js";
import { useNow } from "./hooks/use-now.js";
import { useRoute } from "./hooks/use-route.js";
import { TestsTab } from "./mesh-tests/tests-tab.js";
import { MessagesTab } from "./messages/messages-tab.js";
import { NodesTab } from "./nodes/nodes-tab.js";
import { Empty } from "./parts/empty.js";
import { StaleNote } from "./parts/stale-note.js";
import { Strip } from "./parts/strip.js";
import { SyntheticNote } from "./parts/synthetic-note.js";
import { Tabs } from "./parts/tabs.js";
import { ProfileTab } from "./profile/profile-tab.js";
import { RuntimeTab } from "./runtime/runtime-tab.js";
import { connectionState } from "./state/connection.js";
import type { LiveData } from "./state/live-state.js";
import type { Tab } from "./state/route.js";
import { TimelineTab } from "./timeline/timeline-tab.js";
import { TopologyTab } from "./topology/topology-tab.js";
import { TracesTab } from "./traces/traces-tab.js";

export interface TabProps {
  readonly data: LiveData;
  readonly item: string | null;
}

const VIEWS: Readonly<Record<Tab, ComponentType<TabProps>>> = {
  topology: TopologyTab,
  nodes: NodesTab,
  directory: DirectoryTab,
  boot: BootTab,
  messages: MessagesTab,
  traces: TracesTab,
  timeline: TimelineTab,
  alerts: AlertsTab,
  runtime: RuntimeTab,
  profile: ProfileTab,
  chaos: ChaosTab,
  tests: TestsTab,
};

export function App() {
  const { tab, item } = useRoute();
  const { phase, lastEventAtMs, data } = useLive();
  const state = connectionState(phase, lastEventAtMs, useNow());
  const View = VIEWS[tab];
  return (
    <>
      <div className="top">
        <SyntheticNote />
        <Strip />
        <Tabs current={tab} />
      </div>
      <StaleNote />
      <main className="view" data-testid="view" data-stale={state === "stale" || undefined}>
        {data !== null ? (
          <View data={data} item={item} />
        ) : (
          <Empty title={phase.phase === "waiting" ? `No data yet: ${phase.reason}` : "Waiting for the first data…"}>
            {phase.phase === "waiting" && "It is tried again by itself. Is the cluster running? npm start begins one."}
          </Empty>
        )}
      </main>
    </>
  );
}
