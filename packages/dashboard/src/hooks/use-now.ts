/** The page's monotonic time, renewed once a second. Ages are reckoned from it. */
import { useSyncExternalStore } from "react";
import { ticker } from "../state/ticker.js";

export function useNow(): number {
  return useSyncExternalStore(ticker.subscribe, ticker.now);
}
