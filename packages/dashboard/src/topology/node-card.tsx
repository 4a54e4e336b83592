/** A node on the map: what it is, how it is, what it uses of its budgets, what it sends. A link to itself, so that keys reach it. */
import { ageNow, ageText, briefAgeText } from "../format/ages.js";
import { typeClass } from "../format/names.js";
import { bytesText, coresText, rateText, shareOf } from "../format/numbers.js";
import { useNow } from "../hooks/use-now.js";
import { CARD_HEIGHT } from "../layout/lanes.js";
import { doubtsOf, isGone } from "../model/member-state.js";
import type { Role } from "../model/role.js";
import { StateRing } from "../parts/state-ring.js";
import { routeHash } from "../state/route.js";
import type { Card } from "./card-layout.js";

export interface NodeCardProps {
  readonly card: Card;
  readonly width: number;
  /** It is looked at, or linked with the one that is. */
  readonly near: boolean;
  readonly chosen: boolean;
  /** The filter is on and leaves it out. */
  readonly faded: boolean;
  readonly oldAfterMs: number;
  readonly onHover: (id: string | null) => void;
  /** Null where this page does not act. */
  readonly onKill: ((card: Card) => void) | null;
}

/** Below this the type's word has no room: its letter and colour stand for it. */
const WIDE_CARD_PX = 185;

const ROLE_TEXT: Readonly<Record<Role, string | null>> = {
  hub: "hub: many more links than the usual node",
  leaf: "leaf: hangs by one link",
  alone: "no link",
  usual: null,
};

export function NodeCard({ card, width, near, chosen, faded, oldAfterMs, onHover, onKill }: NodeCardProps) {
  const { id, name, label, type, node, ring, role, degree, place } = card;
  const ageMs = ageNow(node?.statsAgeMs, card.receivedAtMs, useNow());
  const old = ageMs !== null && ageMs > oldAfterMs;
  const classes = ["card", typeClass(type), `state-${ring}`, `role-${role}`];
  for (const [on, word] of [
    [near, "near"],
    [chosen, "chosen"],
    [faded, "faded"],
    [old, "old"],
  ] as const)
    if (on) classes.push(word);
  const live = node?.live === true;
  const upForMs = node?.uptimeMs == null || ageMs === null ? null : node.uptimeMs + ageMs;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: pointing only lights up links; the link in it does the same on focus
    <div
      className={classes.join(" ")}
      style={{ transform: `translate(${place.x}px, ${place.y}px)`, width, height: CARD_HEIGHT }}
      data-testid={`card-${name}`}
      data-ring={ring}
      data-role={role}
      onMouseEnter={() => onHover(id)}
      onMouseLeave={() => onHover(null)}
    >
      <a
        href={routeHash("topology", chosen ? null : (node?.name ?? id))}
        className="card-link"
        aria-label={`${name}, ${ring}, ${degree} links`}
        aria-current={chosen || undefined}
        data-node={id}
        onFocus={() => onHover(id)}
        onBlur={() => onHover(null)}
      >
        <StateRing node={node} type={type} />
        <span className="card-name" title={name}>
          {width < WIDE_CARD_PX ? shortest(label) : label}
        </span>
        {live && (
          <span className="card-age" title="since the node's start, by its own clock">
            {briefAgeText(upForMs)}
          </span>
        )}
      </a>
      {node !== null && !isGone(node) ? (
        <>
          <CardBar label="CPU" used={node.cpuUsedCores} budget={node.cpuBudgetCores} text={coresText} />
          <CardBar label="RAM" used={node.ramUsedBytes} budget={node.ramBudgetBytes} text={bytesText} />
        </>
      ) : (
        <p className="card-gone">{node === null ? "a neighbour names it" : stateText(card)}</p>
      )}
      <div className="card-foot">
        <SecondLine card={card} old={old} ageMs={ageMs} />
        <span className={`card-degree${role === "usual" ? "" : " stands-out"}`} title={ROLE_TEXT[role] ?? undefined}>
          {live && (role === "usual" ? `${degree} ⇄` : role === "alone" ? "no link" : `${role} ${degree}`)}
        </span>
        {onKill !== null && live && (
          <button
            type="button"
            className="card-kill"
            aria-label={`kill ${name}`}
            title={`kill ${label}…`}
            onClick={() => onKill(card)}
            data-testid={`kill-${name}`}
          >
            ✕
          </button>
        )}
      </div>
    </div>
  );
}

function shortest(label: string): string {
  return label.split(" ").at(-1) ?? label;
}

/** What has no fresh figures shows their age instead of them. */
function SecondLine({
  card,
  old,
  ageMs,
}: {
  readonly card: Card;
  readonly old: boolean;
  readonly ageMs: number | null;
}) {
  const { node, ring } = card;
  const text =
    node === null || isGone(node)
      ? ""
      : ring !== "alive"
        ? stateText(card)
        : old
          ? `figures ${briefAgeText(ageMs)} old`
          : `↑${rateText(node.framesSentPerMinute)} ↓${rateText(node.framesReceivedPerMinute)}`;
  return (
    <span className="card-rate" title={ring === "alive" && !old ? "frames per minute, sent and received" : undefined}>
      {text}
    </span>
  );
}

function stateText({ node, ring, receivedAtMs }: Card): string {
  return node === null ? "" : `${ring} ${ageText(stateAgeNow(node, ring, receivedAtMs))}`;
}

function stateAgeNow(node: NonNullable<Card["node"]>, ring: Card["ring"], receivedAtMs: number): number | null {
  const since = ring === "doubted" ? Math.max(...doubtsOf(node).map(({ stateAgeMs }) => stateAgeMs)) : node.stateAgeMs;
  return ageNow(since, receivedAtMs, performance.now());
}

interface CardBarProps {
  readonly label: string;
  readonly used: number | null;
  readonly budget: number | null;
  readonly text: (value: number | null) => string;
}

function CardBar({ label, used, budget, text }: CardBarProps) {
  const share = shareOf(used, budget);
  const level = share === null ? "" : share >= 0.8 ? "high" : share >= 0.5 ? "middle" : "low";
  return (
    <div className="card-bar" title={`${label}: ${text(used)} of ${text(budget)}`}>
      <span className="card-bar-label">{label}</span>
      <span className="bar" aria-hidden="true">
        {share !== null && <span className={`fill ${level}`} style={{ width: `${Math.min(100, share * 100)}%` }} />}
      </span>
      <span className="card-bar-text">{text(used)}</span>
    </div>
  );
}
