/** Where a fault is, in the order in which it gets there, and what that means. */
import type { ChaosRun } from "@meshwork/console/api-types";

export type Phase = NonNullable<ChaosRun["current"]>["phase"];

export const PHASES: readonly { readonly phase: Phase; readonly text: string; readonly means: string }[] = [
  { phase: "preparing", text: "prepare", means: "every node must list exactly whom it must before anything is done" },
  { phase: "injecting", text: "inject", means: "the fault is being done" },
  { phase: "watching", text: "watch", means: "each witness has until the bound to know of it, by its own directory" },
  { phase: "holding", text: "hold", means: "all know; what must never happen is given time to happen" },
  { phase: "reverting", text: "revert", means: "the fault is being undone" },
  { phase: "healing", text: "heal", means: "every node must list exactly whom it must again" },
  { phase: "checking", text: "check", means: "messages under way end, and are counted" },
];

/** Of the page's clock: what is on goes on between two answers. */
export function elapsedText(elapsedMs: number | null): string {
  return elapsedMs === null ? "" : `${(elapsedMs / 1_000).toFixed(1)} s`;
}

/** What is on can still be undone at once. */
export function canRevert(phase: Phase): boolean {
  return phase === "watching" || phase === "holding";
}
