/** The marks of the last half hour, growing with the stream. Asked for once; again where the stream left some out or a console began anew. */
import type { HistoryMark, HistoryView } from "@meshwork/console/api-types";
import { targetOf } from "@meshwork/console/client";
import { useMemo, useState } from "react";
import { useApi } from "../hooks/use-api.js";
import { useNow } from "../hooks/use-now.js";
import type { ApiFailure } from "../state/api-client.js";
import type { LiveData } from "../state/live-state.js";
import { joinedMarks } from "./mark-log.js";

export interface HistoryNow {
  readonly view: HistoryView;
  readonly marks: readonly HistoryMark[];
  /** On the history's line of time. */
  readonly nowMs: number;
  readonly fromMs: number;
}

export function useHistory(data: LiveData): {
  readonly history: HistoryNow | null;
  readonly failure: ApiFailure | null;
} {
  const [round, setRound] = useState(0);
  const run = data.cluster.value.console.pid;
  const asked = useApi(targetOf("GET /api/history"), `${run} ${round}`);
  const pageMs = useNow();
  const view = asked.data;
  const nowMs = view === null ? 0 : view.atMs + Math.max(0, pageMs - asked.receivedAtMs);
  const fromMs = view === null ? 0 : Math.max(view.reachesAtMs, nowMs - view.windowMs);
  const joined = useMemo(
    () => (view === null ? null : joinedMarks(view.marks, data.marks, fromMs)),
    [view, data.marks, fromMs],
  );
  // Asked again as part of drawing it: the state only says that it must be.
  if (joined?.gap === true && !asked.loading) setRound(round + 1);
  const history = view === null || joined === null ? null : { view, marks: joined.marks, nowMs, fromMs };
  return { history, failure: asked.failure };
}
