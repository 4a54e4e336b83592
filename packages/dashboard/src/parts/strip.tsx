/** The strip above every view: how much there is, how much of it is known, and how old it is. Dialogs hang here: it is always there. */
import type { ClusterSummary } from "@meshwork/console/api-types";
import { ActionDialog } from "../actions/action-dialog.js";
import { bytesText, coresText, countText, rateText, UNKNOWN } from "../format/numbers.js";
import { useLive } from "../hooks/use-live.js";
import { useNow } from "../hooks/use-now.js";
import { HelpButton } from "../keyboard/help-button.js";
import { isInPicture } from "../model/member-state.js";
import { perNode, type Sum, totalsOf } from "../model/totals.js";
import { connectionState } from "../state/connection.js";
import { routeHash } from "../state/route.js";
import { ConnectionBadge } from "./connection-badge.js";
import { Figure } from "./figure.js";
import { ThemeButton } from "./theme-button.js";

export function Strip() {
  const { data, phase, lastEventAtMs } = useLive();
  const nowMs = useNow();
  const stale = connectionState(phase, lastEventAtMs, nowMs) === "stale";
  const shown = data === null ? [] : [...data.nodes.values()].filter((row) => isInPicture(row, nowMs));
  const totals = data === null ? null : totalsOf(shown.map((row) => row.value));
  const cluster = data?.cluster.value;
  return (
    <header className="strip">
      <h1>
        <span className="logo" aria-hidden="true">
          ⬡
        </span>
        meshwork
      </h1>
      <dl className="figures" data-stale={stale || undefined}>
        <Figure
          label="nodes live"
          title="live in the console's directory, those whom it suspects included; departed within the last 15 minutes"
        >
          <span data-testid="nodes-live">{countText(totals?.live)}</span>
          <small data-testid="nodes-other">
            {totals !== null && totals.suspected > 0 && (
              <>
                <span className="warn">incl. {countText(totals.suspected)} suspected</span>
                {" · "}
              </>
            )}
            {countText(totals?.departed)} departed
          </small>
        </Figure>
        <Figure label="meshes" title={totals?.meshes.join(", ")}>
          <span data-testid="mesh-count">{countText(totals?.meshes.length)}</span>
        </Figure>
        <Figure label="CPU, cores" title={ofNodes(totals?.cpuCores, totals?.live)}>
          <span>{coresText(totals?.cpuCores.used)}</span>
          <small>
            of {coresText(totals?.cpuCores.budget)}
            {partly(totals?.cpuCores.known, totals?.live)} · {coresText(totals && perNode(totals.cpuCores))}/node
          </small>
        </Figure>
        <Figure label="memory" title={ofNodes(totals?.ramBytes, totals?.live)}>
          <span>{bytesText(totals?.ramBytes.used)}</span>
          <small>
            of {bytesText(totals?.ramBytes.budget)}
            {partly(totals?.ramBytes.known, totals?.live)} · {bytesText(totals && perNode(totals.ramBytes))}/node
          </small>
        </Figure>
        <Figure label="active peers" title="mean over the live nodes whose own active view is known, in their own mesh">
          <span data-testid="mean-peers">{totals?.activePeers.value?.toFixed(1) ?? UNKNOWN}</span>
          <small>mean{partly(totals?.activePeers.known, totals?.live)}</small>
        </Figure>
        <Figure label="frames/min" title="sums over the nodes whose figures are fresh">
          <span>↑ {rateText(cluster?.framesSentPerMinute)}</span>
          <small>↓ {rateText(cluster?.framesReceivedPerMinute)}</small>
        </Figure>
        <Figure label="demo">
          <span data-testid="demo-state">{cluster?.demo == null ? UNKNOWN : cluster.demo.running ? "on" : "off"}</span>
        </Figure>
        <Figure label="chaos" title="faults that act now; off where the cluster was started without chaos">
          <span className={cluster?.chaos != null && cluster.chaos.running > 0 ? "warn" : ""} data-testid="chaos-state">
            {cluster === undefined ? UNKNOWN : chaosText(cluster.chaos)}
          </span>
        </Figure>
        <Figure label="alerts" title="open; those that somebody has acknowledged are not counted">
          <a
            className={cluster !== undefined && cluster.alerts.open > 0 ? "bad" : ""}
            href={routeHash("alerts")}
            data-testid="open-alerts"
          >
            {countText(cluster?.alerts.open)}
          </a>
        </Figure>
      </dl>
      <div className="strip-end">
        <ConnectionBadge />
        <HelpButton />
        <ThemeButton />
      </div>
      <ActionDialog />
    </header>
  );
}

function chaosText(chaos: ClusterSummary["chaos"]): string {
  if (chaos === null) return "off";
  return chaos.running === 0 ? "idle" : `${countText(chaos.running)} active`;
}

function ofNodes(sum: Sum | undefined, live: number | undefined): string {
  return `known of ${countText(sum?.known)} of ${countText(live)} live nodes; a process that several nodes share counts once`;
}

/** Said only where something is missing. */
function partly(known: number | undefined, live: number | undefined): string {
  return known === undefined || known === live ? "" : ` (${known}/${countText(live)} nodes)`;
}
