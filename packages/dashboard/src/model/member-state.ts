/**
 * A member's state as shown. What the console's own directory says is one view among several: who says otherwise is shown beside it,
 * and changes no count.
 */
import type { NodeState, NodeView, ObserverView } from "@meshwork/console/api-types";
import { ageNow } from "../format/ages.js";
import type { Received } from "../state/live-state.js";

/** Who departed stays in the picture for so long; older ones are shown where they are asked for. */
export const IN_PICTURE_MS = 900_000;
/** In the map of a mesh, the newest: in heavy churn the departed would push the living out of sight. */
export const MAX_DEPARTED_DRAWN = 12;

/** `doubted`: alive for the console, and suspected or dead for somebody else. */
export type Ring = NodeState | "doubted" | "unknown";

export function ringOf(node: NodeView | null): Ring {
  if (node === null) return "unknown";
  return node.state === "alive" && node.observers.some(({ state }) => isDoubt(state)) ? "doubted" : node.state;
}

function isDoubt(state: string): boolean {
  return state === "suspected" || state === "dead";
}

export function isGone({ state }: Pick<NodeView, "state">): boolean {
  return state === "left" || state === "dead" || state === "expired" || state === "exited";
}

export function isInPicture({ value: node, receivedAtMs }: Received<NodeView>, nowMs: number): boolean {
  return !isGone(node) || (ageNow(node.stateAgeMs, receivedAtMs, nowMs) ?? 0) <= IN_PICTURE_MS;
}

/** For the map: all that are not gone, and of each mesh the newest of the gone. */
export function drawnRows(rows: Iterable<Received<NodeView>>, nowMs: number): Received<NodeView>[] {
  const shown = [...rows].filter((row) => isInPicture(row, nowMs));
  const age = ({ value, receivedAtMs }: Received<NodeView>) => ageNow(value.stateAgeMs, receivedAtMs, nowMs) ?? 0;
  const gone = shown.filter(({ value }) => isGone(value)).sort((a, b) => age(a) - age(b));
  const drawn = new Map<string, number>();
  const left = new Set<string>();
  for (const { value } of gone) {
    const count = (drawn.get(value.mesh) ?? 0) + 1;
    drawn.set(value.mesh, count);
    if (count > MAX_DEPARTED_DRAWN) left.add(value.key);
  }
  return shown.filter(({ value }) => !left.has(value.key));
}

/** What is said of a member, and by whom; the console's own view where others differ from it. */
export interface Opinion {
  readonly state: string;
  readonly by: readonly { readonly name: string; readonly stateAgeMs: number; readonly toldAgeMs: number | null }[];
}

/** Empty where nobody differs. Suspicions first: they are why one looks. */
export function opinionsOf(node: NodeView, consoleName: string): readonly Opinion[] {
  if (node.observers.length === 0) return [];
  const byState = new Map<string, Opinion["by"][number][]>();
  const say = (state: string, voice: Opinion["by"][number]) =>
    byState.set(state, [...(byState.get(state) ?? []), voice]);
  say(node.state, { name: consoleName, stateAgeMs: node.stateAgeMs, toldAgeMs: null });
  for (const { observer, state, stateAgeMs, toldAgeMs } of node.observers)
    say(state, { name: observer, stateAgeMs, toldAgeMs });
  return [...byState]
    .map(([state, by]) => ({ state, by }))
    .sort((a, b) => Number(isDoubt(b.state)) - Number(isDoubt(a.state)));
}

/** Beside the state itself: not where the opinions tell it with the console's own among them. */
export function ownAccusers({ state, accusedBy, observers }: NodeView): readonly string[] {
  return state === "suspected" && observers.length > 0 ? [] : accusedBy;
}

/** `suspected by` or `alive for`. */
export function opinionText(state: string): string {
  return state === "suspected" ? "suspected by" : `${state} for`;
}

/** Who suspects it or takes it for dead, besides the console. */
export function doubtsOf({ observers }: NodeView): readonly ObserverView[] {
  return observers.filter(({ state }) => isDoubt(state));
}
