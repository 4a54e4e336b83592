/** The strip above every view: how much there is, how much of it is known, and how old it is. */
import type { ReactNode } from "react";
import { bytesText, coresText, countText, rateText } from "../format/numbers.js";
import { useLive } from "../hooks/use-live.js";
import { useNow } from "../hooks/use-now.js";
import { isInPicture } from "../model/member-state.js";
import { totalsOf } from "../model/totals.js";
import { connectionState } from "../state/connection.js";
import { ConnectionBadge } from "./connection-badge.js";
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
        <Figure label="meshes">
          <span data-testid="mesh-count">{countText(totals?.meshes.length)}</span>
          <small>{totals?.meshes.join(", ")}</small>
        </Figure>
        <Figure label="CPU, cores" title={ofNodes(totals?.cpuCores.known, totals?.live)}>
          <span>{coresText(totals?.cpuCores.used)}</span>
          <small>
            of {coresText(totals?.cpuCores.budget)}
            {partly(totals?.cpuCores.known, totals?.live)}
          </small>
        </Figure>
        <Figure label="memory" title={ofNodes(totals?.ramBytes.known, totals?.live)}>
          <span>{bytesText(totals?.ramBytes.used)}</span>
          <small>
            of {bytesText(totals?.ramBytes.budget)}
            {partly(totals?.ramBytes.known, totals?.live)}
          </small>
        </Figure>
        <Figure label="frames per minute" title="sums over the nodes whose figures are fresh">
          <span>↑ {rateText(cluster?.framesSentPerMinute)}</span>
          <small>↓ {rateText(cluster?.framesReceivedPerMinute)}</small>
        </Figure>
        <Figure label="demo traffic">
          <span>{cluster?.demo == null ? "–" : cluster.demo.running ? "on" : "off"}</span>
        </Figure>
      </dl>
      <div className="strip-end">
        <ConnectionBadge />
        <ThemeButton />
      </div>
    </header>
  );
}

function Figure({
  label,
  title,
  children,
}: {
  readonly label: string;
  readonly title?: string;
  readonly children: ReactNode;
}) {
  return (
    <div className="figure" title={title}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function ofNodes(known: number | undefined, live: number | undefined): string {
  return `known of ${countText(known)} of ${countText(live)} live nodes; a process that several nodes share counts once`;
}

/** Said only where something is missing. */
function partly(known: number | undefined, live: number | undefined): string {
  return known === undefined || known === live ? "" : ` (${known}/${countText(live)} nodes)`;
}
