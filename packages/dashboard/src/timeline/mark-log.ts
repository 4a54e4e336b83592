/** The marks that the page holds: those that it asked for, and those that the stream brought since. Pure. */
import type { HistoryMark } from "@meshwork/console/api-types";
import type { Received } from "../state/live-state.js";

/** Oldest first. `gap`: some between the two are missing, and the history must be asked for again. */
export function joinedMarks(
  asked: readonly HistoryMark[],
  streamed: readonly Received<HistoryMark>[],
  keptFromMs: number,
): { readonly marks: readonly HistoryMark[]; readonly gap: boolean } {
  const last = asked.at(-1)?.id ?? 0;
  const fresh = streamed.map(({ value }) => value).filter(({ id }) => id > last);
  const oldest = fresh.at(-1);
  const gap = oldest !== undefined && oldest.id > last + 1;
  return { marks: [...asked, ...fresh.reverse()].filter(({ atMs }) => atMs >= keptFromMs), gap };
}
