/**
 * Changes when the stream told of messages or events, at most once in `everyMs`: then there may be spans that were not there before. Not
 * when the store's counters move: each request of this page makes a span of its own.
 */
import { useMemo } from "react";
import { useThrottled } from "../hooks/use-throttled.js";
import type { LiveData } from "../state/live-state.js";

export function useArrivals({ messages, events }: LiveData, everyMs: number): object {
  const arrived = useMemo(() => ({ messages, events }), [messages, events]);
  return useThrottled(arrived, everyMs);
}
