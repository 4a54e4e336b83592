/** Switches the demo's traffic, and says whether it runs then. */
import type { DemoResult } from "@meshwork/console/api-types";
import { useCall } from "../hooks/use-call.js";
import { FailureNote } from "../parts/failure-note.js";
import { Modal } from "../parts/modal.js";

/** Each node is told over the mesh, the slowest first to last 2 s. */
const ANSWER_MS = 30_000;

export function DemoDialog({
  on,
  live,
  onClose,
}: {
  readonly on: boolean;
  readonly live: number;
  readonly onClose: () => void;
}) {
  const [state, run] = useCall<DemoResult>();
  const verb = on ? "Start" : "Stop";
  return (
    <Modal title={`${verb} the demo's traffic?`} onClose={onClose} testId="demo-dialog">
      <p>
        {on
          ? `Every one of the ${live} live nodes is told to send its demo messages.`
          : `Every one of the ${live} live nodes is told to stop sending demo messages.`}
      </p>
      {state.phase === "busy" && <p role="status">the nodes are told…</p>}
      {state.failure !== null && <FailureNote failure={state.failure} what={`${verb} of the demo`} />}
      {state.result !== null && (
        <p
          className={state.result.running === on ? "good" : "warn"}
          role="status"
          data-testid="action-outcome"
          data-done
        >
          the demo's traffic {state.result.running ? "runs" : "is stopped"}
        </p>
      )}
      <footer>
        <button type="button" onClick={onClose}>
          {state.phase === "idle" ? "Cancel" : "Close"}
        </button>
        {state.phase === "idle" && (
          <button
            type="button"
            className="primary"
            data-testid="action-confirm"
            onClick={() =>
              run((api, signal) =>
                on
                  ? api.post<DemoResult>("/api/demo", undefined, signal, ANSWER_MS)
                  : api.delete<DemoResult>("/api/demo", signal, ANSWER_MS),
              )
            }
          >
            {verb} the demo
          </button>
        )}
      </footer>
    </Modal>
  );
}
