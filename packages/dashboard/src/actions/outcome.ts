/**
 * What the nodes say after an action: who of those asked sees what was to be expected, and how long after. A pure reading of
 * `GET /api/nodes/{name}/seen`.
 */
import type { SeenView } from "@meshwork/console/api-types";
import { ageText } from "../format/ages.js";
import type { NodeActionKind } from "./action-desk.js";

/** What a member is to say of the node, for the action to have arrived there. */
interface Expectation {
  readonly word: string;
  readonly states: readonly string[];
  /** It must hold the node for it since the action: it was held for the same before. */
  readonly since: boolean;
}

const EXPECTED: Readonly<Record<NodeActionKind, Expectation>> = {
  stop: { word: "gone", states: ["left", "dead", "expired", "absent"], since: false },
  kill: { word: "dead", states: ["dead"], since: false },
  restart: { word: "alive again", states: ["alive"], since: true },
  freeze: { word: "suspected or dead", states: ["suspected", "dead"], since: false },
  thaw: { word: "alive", states: ["alive"], since: false },
};
/** Two clocks and a request lie between a node's word and the action. */
const SLACK_MS = 250;

export interface SeenSoFar {
  readonly seen: number;
  readonly asked: number;
  /** Of the latest of those who see it; null while nobody does, or where they do not tell. */
  readonly afterMs: number | null;
  /** Of the others: name and what it says. */
  readonly others: readonly { readonly observer: string; readonly state: string }[];
  readonly unanswered: readonly string[];
}

/** `elapsedMs`: since the action, at the moment of the answer. */
export function seenSoFar(kind: NodeActionKind, view: SeenView, elapsedMs: number): SeenSoFar {
  const { states, since } = EXPECTED[kind];
  const holds = ({ state, stateAgeMs }: SeenView["by"][number]) =>
    states.includes(state) && (!since || (stateAgeMs !== null && stateAgeMs <= elapsedMs + SLACK_MS));
  const seeing = view.by.filter(holds);
  const afters = seeing.flatMap(({ stateAgeMs }) => (stateAgeMs === null ? [] : [Math.max(0, elapsedMs - stateAgeMs)]));
  return {
    seen: seeing.length,
    asked: view.asked,
    afterMs: afters.length === 0 ? null : Math.max(...afters),
    others: view.by.filter((line) => !holds(line)).map(({ observer, state }) => ({ observer, state })),
    unanswered: view.unanswered,
  };
}

export function isSeenByAll({ seen, asked }: SeenSoFar): boolean {
  return asked > 0 && seen === asked;
}

/** `seen dead by 8 of 8 after 3.9 s`. */
export function seenText(kind: NodeActionKind, { seen, asked, afterMs }: SeenSoFar): string {
  if (asked === 0) return "there is no other member of its mesh to ask";
  const after = afterMs === null || seen === 0 ? "" : ` after ${(afterMs / 1_000).toFixed(1)} s`;
  return `seen ${EXPECTED[kind].word} by ${seen} of ${asked}${after}`;
}

/** What those say who see something else, at most a few by name. */
export function othersText({ others, unanswered }: SeenSoFar): string {
  const named = (names: readonly string[]) =>
    names.length <= 3 ? names.join(", ") : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
  const byState = new Map<string, string[]>();
  for (const { observer, state } of others) byState.set(state, [...(byState.get(state) ?? []), observer]);
  const parts = [...byState].map(([state, names]) => `${state} for ${named(names)}`);
  if (unanswered.length > 0) parts.push(`no answer from ${named(unanswered)}`);
  return parts.join("; ");
}

/** Said while the nodes have not all seen it. */
export function waitingText(elapsedMs: number): string {
  return `asking the nodes for ${ageText(elapsedMs)}`;
}
