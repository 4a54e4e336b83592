/** An action on one node: the console's answer first, then what the other nodes say until all see it or the patience ends. */
import type { ActionResult, SeenView } from "@meshwork/console/api-types";
import type { ApiClient } from "../state/api-client.js";
import type { NodeActionKind } from "./action-desk.js";
import { isSeenByAll, type SeenSoFar, seenSoFar } from "./outcome.js";

/** A death of a whole neighbourhood takes longest: half a minute is beyond it. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 400;
/** A restart waits for a boot. */
const ANSWER_MS = 40_000;

export interface ActionProgress {
  readonly answer: ActionResult | null;
  readonly answeredAfterMs: number | null;
  readonly soFar: SeenSoFar | null;
  readonly elapsedMs: number;
  readonly done: boolean;
}

/** Throws ApiFailure where the console refuses, or does not answer. */
export async function runNodeAction(
  api: ApiClient,
  kind: NodeActionKind,
  name: string,
  signal: AbortSignal,
  onProgress: (progress: ActionProgress) => void,
): Promise<void> {
  const path = `/api/nodes/${encodeURIComponent(name)}`;
  const startedMs = performance.now();
  const elapsed = () => performance.now() - startedMs;
  onProgress({ answer: null, answeredAfterMs: null, soFar: null, elapsedMs: 0, done: false });
  const answer =
    kind === "stop"
      ? await api.delete<ActionResult>(path, signal, ANSWER_MS)
      : await api.post<ActionResult>(`${path}/${kind}`, undefined, signal, ANSWER_MS);
  const answeredAfterMs = elapsed();
  const told = { answer, answeredAfterMs };
  onProgress({ ...told, soFar: null, elapsedMs: answeredAfterMs, done: false });
  for (;;) {
    const view = await api.get<SeenView>(`${path}/seen`, signal);
    const soFar = seenSoFar(kind, view, elapsed());
    const done = isSeenByAll(soFar) || soFar.asked === 0 || elapsed() > PATIENCE_MS;
    onProgress({ ...told, soFar, elapsedMs: elapsed(), done });
    if (done) return;
    await pause(signal);
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  signal.throwIfAborted();
}
