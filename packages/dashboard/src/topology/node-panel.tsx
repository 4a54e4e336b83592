/** The node that is looked at: its figures, and who links with whom as both ends tell it. */
import type { NodeView } from "@meshwork/console/api-types";
import { ageText } from "../format/ages.js";
import { idPrefix, typeClass } from "../format/names.js";
import { bytesText, coresText, countText, durationText, rateText, UNKNOWN } from "../format/numbers.js";
import { reportText } from "../model/link-kind.js";
import { isGone, ownAccusers } from "../model/member-state.js";
import { Age } from "../parts/age.js";
import { Opinions } from "../parts/opinions.js";
import { StateLine } from "../parts/state-line.js";
import { TypeMark } from "../parts/type-mark.js";
import type { Received } from "../state/live-state.js";
import { routeHash } from "../state/route.js";
import type { MapNode, MeshMap } from "./map-model.js";

export interface NodePanelProps {
  readonly looked: MapNode | null;
  readonly map: MeshMap;
  readonly row: Received<NodeView> | null;
  readonly pinned: boolean;
}

export function NodePanel({ looked, map, row, pinned }: NodePanelProps) {
  if (looked === null)
    return (
      <section className="panel" aria-label="Node">
        <p className="panel-hint">Point at a node to see with whom it is linked. Click it to keep it here.</p>
      </section>
    );
  const links = map.links.filter(({ link }) => link.a === looked.id || link.b === looked.id);
  return (
    <section className="panel" aria-label="Node" data-testid="node-panel">
      <header>
        <h2 className="mono">{looked.name}</h2>
        {pinned && (
          <a className="quiet" href={routeHash("topology")} aria-label="let go of this node">
            ✕
          </a>
        )}
      </header>
      <p className="panel-line">
        <TypeMark type={looked.type} />
        {row !== null && (
          <StateLine
            state={row.value.state}
            stateAgeMs={row.value.stateAgeMs}
            receivedAtMs={row.receivedAtMs}
            by={ownAccusers(row.value)}
          />
        )}
      </p>
      {row !== null && <Opinions row={row} />}
      {row !== null && !isGone(row.value) && <PanelFigures row={row} />}
      <h3>
        {links.length} {links.length === 1 ? "link" : "links"}
        {links.length > 0 && (
          <span className="muted">
            {" "}
            · {links.filter(({ report }) => report === "both").length} reported by both ends
          </span>
        )}
      </h3>
      <ul className="panel-links">
        {links.map(({ link, kind, report }) => {
          const other = map.nodes.find(({ id }) => id === (link.a === looked.id ? link.b : link.a));
          const name = other?.name ?? idPrefix(link.a === looked.id ? link.b : link.a);
          return (
            <li key={link.key}>
              <span className={`dot ${typeClass(other?.type ?? "")}`} aria-hidden="true" />
              <a className="mono" href={routeHash("topology", name)}>
                {name}
              </a>
              {kind === "observer" && <span className="badge crossing">in {link.mesh}</span>}
              {report !== "both" && <span className="warn">{reportText(link, looked.id)}</span>}
            </li>
          );
        })}
      </ul>
      {looked.node?.name != null && (
        <p className="panel-more">
          <a href={routeHash("nodes", looked.node.name)}>figures</a>{" "}
          <a href={routeHash("boot", looked.node.name)}>boot trace</a>{" "}
          {looked.node.live && <a href={routeHash("directory", looked.node.name)}>its directory</a>}
        </p>
      )}
    </section>
  );
}

function PanelFigures({ row }: { readonly row: Received<NodeView> }) {
  const node = row.value;
  const shared = node.process?.shared === true;
  const pairs: readonly (readonly [string, string])[] = [
    ["mesh", node.mesh],
    ["location", node.location ?? UNKNOWN],
    ["up for", ageText(node.uptimeMs)],
    ["ready after", durationText(node.bootMs)],
    ["process", node.process?.pid == null ? UNKNOWN : `${node.process.pid}${shared ? ", shared" : ""}`],
    ["CPU", `${coresText(node.cpuUsedCores)} of ${coresText(node.cpuBudgetCores)} cores`],
    ["memory", `${bytesText(node.ramUsedBytes)} of ${bytesText(node.ramBudgetBytes)}`],
    ["load class", node.loadClass ?? UNKNOWN],
    ["frames/min", `↑ ${rateText(node.framesSentPerMinute)}  ↓ ${rateText(node.framesReceivedPerMinute)}`],
    ["connections", `${countText(node.connections)} (${countText(node.connectionsOpened)} opened since start)`],
    ["directory", `${countText(node.directorySize)} entries`],
    ["event loop p99", durationText(node.eventLoopDelayP99Ms)],
  ];
  return (
    <>
      <dl className="panel-figures">
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
