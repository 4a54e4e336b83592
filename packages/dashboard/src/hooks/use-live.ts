/** The live store, the API and the places of nodes, for every component below main.tsx. */
import { createContext, useContext, useSyncExternalStore } from "react";
import type { CellBook } from "../layout/cell-book.js";
import type { SlotBook } from "../layout/slot-book.js";
import type { RuntimeStore } from "../runtime/runtime-store.js";
import type { ApiClient } from "../state/api-client.js";
import type { LiveStore, LiveView } from "../state/live-store.js";

export interface ConsoleSession {
  readonly live: LiveStore;
  readonly api: ApiClient;
  readonly slots: SlotBook;
  readonly cells: CellBook;
  /** A stream of what nodes hold, not yet started; who opens it closes it. */
  readonly openRuntime: () => RuntimeStore;
}

export const SessionContext = createContext<ConsoleSession | null>(null);

export function useSession(): ConsoleSession {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("no session above this component");
  return session;
}

export function useLive(): LiveView {
  const { live } = useSession();
  return useSyncExternalStore(live.subscribe, live.view);
}
