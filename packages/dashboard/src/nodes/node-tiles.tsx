/** Nodes as cards: what a row says, for a narrow window or a wall. Only the lines of cards that are in sight are drawn. */
import type { LinkView, NodeView } from "@meshwork/console/api-types";
import { ageNow, ageText } from "../format/ages.js";
import { displayName } from "../format/names.js";
import { bytesText, coresText, countText, rateText, UNKNOWN } from "../format/numbers.js";
import { useNow } from "../hooks/use-now.js";
import { useWidth } from "../hooks/use-size.js";
import { useWindowRows } from "../hooks/use-window-rows.js";
import { type Consumers, standOf } from "../model/consumers.js";
import { isGone, ownAccusers } from "../model/member-state.js";
import { BudgetBar } from "../parts/budget-bar.js";
import { NodeName } from "../parts/node-name.js";
import { Opinions } from "../parts/opinions.js";
import { StateLine } from "../parts/state-line.js";
import { TypeMark } from "../parts/type-mark.js";
import type { Received } from "../state/live-state.js";
import { ConsumerMark } from "./consumer-mark.js";

const TILE_PX = 268;
const GAP_PX = 10;
/** With the gap below it. */
const LINE_PX = 162;

export interface NodeTilesProps {
  readonly rows: readonly Received<NodeView>[];
  readonly links: ReadonlyMap<string, readonly LinkView[]>;
  readonly consumers: Consumers;
  readonly oldAfterMs: number;
}

export function NodeTiles({ rows, links, consumers, oldAfterMs }: NodeTilesProps) {
  const [frameRef, width] = useWidth<HTMLDivElement>();
  const columns = Math.max(1, Math.floor((width + GAP_PX) / (TILE_PX + GAP_PX)));
  const [listRef, { from, to, abovePx, belowPx }] = useWindowRows<HTMLUListElement>(
    Math.ceil(rows.length / columns),
    LINE_PX,
  );
  return (
    <div ref={frameRef}>
      {width > 0 && (
        <ul
          ref={listRef}
          className="tiles"
          style={{
            gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
            paddingTop: abovePx,
            paddingBottom: belowPx,
          }}
          data-testid="node-tiles"
        >
          {rows.slice(from * columns, to * columns).map((row) => (
            <Tile key={row.value.key} row={row} links={links} consumers={consumers} oldAfterMs={oldAfterMs} />
          ))}
        </ul>
      )}
    </div>
  );
}

type TileProps = Omit<NodeTilesProps, "rows"> & { readonly row: Received<NodeView> };

function Tile({ row, links, consumers, oldAfterMs }: TileProps) {
  const { value: node, receivedAtMs } = row;
  const name = displayName(node);
  const ageMs = ageNow(node.statsAgeMs, receivedAtMs, useNow());
  const old = ageMs !== null && ageMs > oldAfterMs;
  const stands = standOf(consumers, node.key);
  const classes = ["tile", `state-${node.state}`, old && "old", stands !== null && `stands-${stands}`];
  const linked = node.statsAgeMs === null || node.id === null ? null : (links.get(node.id)?.length ?? 0);
  const upMs = node.live && node.uptimeMs !== null && ageMs !== null ? node.uptimeMs + ageMs : null;
  const why = node.process?.shared === true ? "several nodes share the process: see the note above" : undefined;
  return (
    <li className={classes.filter(Boolean).join(" ")} data-testid={`node-tile-${name}`}>
      <p className="tile-head">
        <NodeName name={name} /> <ConsumerMark consumers={consumers} rowKey={node.key} />
      </p>
      <p className="tile-line">
        <TypeMark type={node.type} /> <span className="muted">{node.mesh}</span>
        <StateLine state={node.state} stateAgeMs={node.stateAgeMs} receivedAtMs={receivedAtMs} by={ownAccusers(node)} />
      </p>
      <Opinions row={row} brief />
      {!isGone(node) && (
        <>
          <div className="tile-bars">
            <BudgetBar used={node.cpuUsedCores} budget={node.cpuBudgetCores} text={coresText} label="CPU" why={why} />
            <BudgetBar
              used={node.ramUsedBytes}
              budget={node.ramBudgetBytes}
              text={bytesText}
              label="memory"
              why={why}
            />
          </div>
          <dl className="tile-figures">
            <Figure label="links" value={linked === null ? UNKNOWN : countText(linked)} />
            <Figure label="TX/min" value={rateText(node.framesSentPerMinute)} />
            <Figure label="RX/min" value={rateText(node.framesReceivedPerMinute)} />
            <Figure label="up" value={ageText(upMs)} />
          </dl>
          <p className="tile-age">figures {ageMs === null ? "not there yet" : `${ageText(ageMs)} old`}</p>
        </>
      )}
    </li>
  );
}

function Figure({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}
