/** The way out of a run that is on, of chaos or of tests. Ending it undoes what it did and is harmless: it asks no second time. */
import { useCall } from "../hooks/use-call.js";
import { FailureNote } from "./failure-note.js";

/** Until a node that was killed is ready again, or the processes of a test are gone. */
const STOP_MS = 60_000;

export interface StopRunProps {
  readonly room: "chaos" | "tests";
  readonly run: { readonly id: number; readonly state: string };
  readonly onDone: () => void;
}

export function StopRun({ room, run, onDone }: StopRunProps) {
  const [stopping, stop] = useCall<void>();
  return (
    <>
      {stopping.phase === "busy" || run.state === "stopping" ? (
        <span role="status">being ended…</span>
      ) : (
        <button
          type="button"
          onClick={() =>
            stop((api, signal) => api.delete(`/api/${room}/runs/${run.id}`, signal, STOP_MS).then(() => onDone()))
          }
          title="undo or end what this run has begun at once, and end the run"
          data-testid={`${room}-stop`}
        >
          Stop the run
        </button>
      )}
      {stopping.failure !== null && <FailureNote failure={stopping.failure} what="It was not stopped" />}
    </>
  );
}
