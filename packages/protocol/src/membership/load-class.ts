/**
 * Load class: how full a node is, in four steps coarse enough to be told to everybody. The fuller of CPU and RAM against their
 * budgets decides; a step back needs clearly less than the step up did, so that a node at a border does not publish for ever.
 */
import type { LoadClass } from "./types.js";

const ORDER: readonly LoadClass[] = ["idle", "normal", "high", "full"];
/** Share of the budget from which a class is entered, and below which it is left. */
const ENTER = [0, 0.25, 0.7, 0.95] as const;
const LEAVE = [0, 0.15, 0.6, 0.85] as const;

/** Shares of the budgets, 1 = all of it. `undefined` where unknown; where both are, the class stays, or is `normal`. */
export function nextLoadClass(
  cpuShare: number | undefined,
  ramShare: number | undefined,
  previous: LoadClass | undefined,
): LoadClass {
  if (cpuShare === undefined && ramShare === undefined) return previous ?? "normal";
  const share = Math.max(cpuShare ?? 0, ramShare ?? 0);
  let step = previous === undefined ? 0 : ORDER.indexOf(previous);
  while (step < 3 && share >= ENTER[step + 1]!) step++;
  while (step > 0 && share < LEAVE[step]!) step--;
  return ORDER[step]!;
}
