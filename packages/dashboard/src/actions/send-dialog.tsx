/** Sends a request or a one-way message from the console's own node: to a node by name, or to one of a mesh and type. */
import type { NodeView, SendRequest, SendResult } from "@meshwork/console/api-types";
import { type FormEvent, useState } from "react";
import { bytesText, durationText } from "../format/numbers.js";
import { useCall } from "../hooks/use-call.js";
import { FailureNote } from "../parts/failure-note.js";
import { Modal } from "../parts/modal.js";
import { NodeName } from "../parts/node-name.js";
import { routeHash } from "../state/route.js";

export interface SendDialogProps {
  readonly to: string | null;
  readonly nodes: readonly NodeView[];
  readonly onClose: () => void;
}

/** `mesh1/broker`: any broker of mesh1. A name has dots and no slash. */
function targetOf(text: string): SendRequest["to"] {
  const [mesh, type, ...rest] = text.split("/");
  return mesh !== undefined && type !== undefined && rest.length === 0 ? { mesh, type } : text;
}

export function SendDialog({ to, nodes, onClose }: SendDialogProps) {
  const live = nodes.filter((node) => node.live);
  const kinds = [...new Set(live.map(({ mesh, type }) => `${mesh}/${type}`))].sort();
  const names = live.flatMap(({ name }) => (name === null ? [] : [name]));
  const [fields, setFields] = useState({ to: to ?? "", operation: "produce", data: "hello" });
  const [oneWay, setOneWay] = useState(false);
  const [state, run] = useCall<SendResult>();
  const set = (field: keyof typeof fields) => (event: { readonly currentTarget: { readonly value: string } }) =>
    setFields({ ...fields, [field]: event.currentTarget.value });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body: SendRequest = {
      to: targetOf(fields.to.trim()),
      operation: fields.operation,
      data: fields.data,
      oneWay,
    };
    run((api, signal) => api.post<SendResult>("/api/send", body, signal));
  };
  return (
    <Modal title="Send a message" onClose={onClose} testId="send-dialog">
      <form onSubmit={submit}>
        <div className="form-grid">
          <label className="wide">
            to (a name, or mesh/type for any of them)
            <input
              list="send-targets"
              value={fields.to}
              onChange={set("to")}
              required
              autoComplete="off"
              className="mono"
            />
            <datalist id="send-targets">
              {[...kinds, ...names].map((name) => (
                <option key={name} value={name} />
              ))}
            </datalist>
          </label>
          <label>
            operation
            <input value={fields.operation} onChange={set("operation")} required autoComplete="off" className="mono" />
          </label>
          <label className="check">
            <input type="checkbox" checked={oneWay} onChange={(event) => setOneWay(event.target.checked)} /> one-way, no
            reply
          </label>
          <label className="wide">
            body
            <textarea value={fields.data} onChange={set("data")} rows={3} className="mono" />
          </label>
        </div>
        {state.failure !== null && <FailureNote failure={state.failure} what="It was not delivered" />}
        {state.result !== null && <Outcome result={state.result} />}
        <footer>
          <button type="button" onClick={onClose}>
            {state.phase === "idle" ? "Cancel" : "Close"}
          </button>
          <button type="submit" className="primary" disabled={state.phase === "busy"} data-testid="action-confirm">
            Send {fields.operation} to {fields.to === "" ? "…" : fields.to}
          </button>
        </footer>
      </form>
    </Modal>
  );
}

function Outcome({ result }: { readonly result: SendResult }) {
  const { to, oneWay, roundTripMs, path, replyBytes, replyText, traceId } = result;
  return (
    <div className="outcome" role="status" data-testid="action-outcome" data-done>
      {oneWay ? (
        <p>handed over; nobody says whether it arrived (at most once, no acknowledgement)</p>
      ) : (
        <>
          <p className="good">
            {to !== null && <NodeName name={to} />} answered after {durationText(roundTripMs)}
            {path !== null && `, ${path.kind} by ${path.address}`}
          </p>
          <pre className="reply">{replyText ?? `${bytesText(replyBytes)} that are no text`}</pre>
        </>
      )}
      {traceId !== null && <a href={routeHash("traces", traceId)}>its trace</a>}
    </div>
  );
}
