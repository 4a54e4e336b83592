/** Everything that is known of a node, with how old it is. */
import type { NodeView } from "@meshwork/console/api-types";
import { ageNow, ageText } from "../format/ages.js";
import { bytesText, coresText, countText, durationText, rateText, UNKNOWN } from "../format/numbers.js";
import { useNow } from "../hooks/use-now.js";
import { Age } from "../parts/age.js";
import type { Received } from "../state/live-state.js";

export function PanelFigures({ row, oldAfterMs }: { readonly row: Received<NodeView>; readonly oldAfterMs: number }) {
  const node = row.value;
  const ageMs = ageNow(node.statsAgeMs, row.receivedAtMs, useNow());
  const shared = node.process?.shared === true;
  const pairs: readonly (readonly [string, string])[] = [
    ["location", node.location ?? UNKNOWN],
    ["up for", ageText(node.uptimeMs === null || ageMs === null ? null : node.uptimeMs + ageMs)],
    ["ready after", durationText(node.bootMs)],
    ["process", node.process?.pid == null ? UNKNOWN : `${node.process.pid}${shared ? ", shared" : ""}`],
    ["CPU", `${coresText(node.cpuUsedCores)} of ${coresText(node.cpuBudgetCores)} cores`],
    ["memory", `${bytesText(node.ramUsedBytes)} of ${bytesText(node.ramBudgetBytes)}`],
    ["load class", node.loadClass ?? UNKNOWN],
    ["frames/min", `↑ ${rateText(node.framesSentPerMinute)}  ↓ ${rateText(node.framesReceivedPerMinute)}`],
    ["connections", `${countText(node.connections)} (${countText(node.connectionsOpened)} opened since start)`],
    ["directory", `${countText(node.directorySize)} entries`],
    ["event loop p99", durationText(node.eventLoopDelayP99Ms)],
    ["version", node.version ?? UNKNOWN],
    ["record", `generation ${countText(node.generation)}, sequence ${countText(node.sequence)}`],
    ["also says so", `${countText(node.agreeing)} other nodes lately`],
  ];
  return (
    <>
      <dl className="panel-figures" data-stale={(ageMs !== null && ageMs > oldAfterMs) || undefined}>
        {pairs.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className="muted small">
        figures <Age ageMs={node.statsAgeMs} receivedAtMs={row.receivedAtMs} /> old, record{" "}
        <Age ageMs={node.recordAgeMs} receivedAtMs={row.receivedAtMs} /> old
      </p>
    </>
  );
}
