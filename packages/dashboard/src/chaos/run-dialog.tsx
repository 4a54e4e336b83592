/** Confirms a chaos run by its faults and its target, and starts it. */
import type { ChaosFault, ChaosOrder, ChaosRun, NodeView } from "@meshwork/console/api-types";
import { useState } from "react";
import { durationText } from "../format/numbers.js";
import { useCall } from "../hooks/use-call.js";
import { FailureNote } from "../parts/failure-note.js";
import { Modal } from "../parts/modal.js";
import { DRAWN, targetsOf, targetText } from "./targets.js";

const DEFAULT_SECONDS = 5;

export interface RunDialogProps {
  readonly faults: readonly ChaosFault[];
  readonly nodes: readonly NodeView[];
  readonly onClose: () => void;
  readonly onStarted: () => void;
}

export function RunDialog({ faults, nodes, onClose, onStarted }: RunDialogProps) {
  const [target, setTarget] = useState(DRAWN);
  const [seconds, setSeconds] = useState(String(DEFAULT_SECONDS));
  const [state, start] = useCall<ChaosRun>();
  const { types, names } = targetsOf(nodes);
  const what = faults.length === 1 ? (faults[0]?.name ?? "") : `${faults.length} faults`;
  const durationMs = Math.round(Number(seconds) * 1_000);
  const selector = target === DRAWN ? {} : { selector: target };
  const order: ChaosOrder = { specs: faults.map(({ name }) => ({ action: name, durationMs, ...selector })) };
  const run = () =>
    start((api, signal) =>
      api.post<ChaosRun>("/api/chaos/runs", order, signal).then((begun) => {
        onStarted();
        onClose();
        return begun;
      }),
    );
  return (
    <Modal title={`Do ${what} to running nodes?`} onClose={onClose} testId="chaos-dialog">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        {faults.length === 1 ? (
          <p>
            {sentence(faults[0]?.summary ?? "")}. Every other node must come to know within{" "}
            {durationText(faults[0]?.withinMs)}: {faults[0]?.expects}.
          </p>
        ) : (
          <p>
            One after the other: {faults.map(({ name }) => name).join(", ")}. Each is undone, and the cluster whole
            again, before the next.
          </p>
        )}
        <div className="form-grid">
          <label>
            target
            <select value={target} onChange={(event) => setTarget(event.currentTarget.value)}>
              <option value={DRAWN}>{targetText(DRAWN)}</option>
              <optgroup label="any of a type">
                {types.map((type) => (
                  <option key={type} value={type}>
                    {targetText(type)}
                  </option>
                ))}
              </optgroup>
              <optgroup label="this node">
                {names.map((name) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              </optgroup>
            </select>
          </label>
          <label>
            lasts at least, seconds
            <input
              type="number"
              min={0}
              max={600}
              step="any"
              required
              value={seconds}
              onChange={(event) => setSeconds(event.currentTarget.value)}
            />
          </label>
        </div>
        <p className="muted">
          Real processes are harmed, and what they were doing is interrupted. A fault that hits several nodes hits
          others of the target's mesh too. All of it is undone: also when you stop the run, and when this console goes
          away.
        </p>
        {state.failure !== null && <FailureNote failure={state.failure} what="The run was not started" />}
        <div className="modal-foot">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="harmful" disabled={state.phase === "busy"} data-testid="action-confirm">
            Do {what} to {targetText(target)}
          </button>
        </div>
      </form>
    </Modal>
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
