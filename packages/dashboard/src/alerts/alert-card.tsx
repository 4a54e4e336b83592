/** One alert: what was found, on whom, since when, what it means, what to do. */
import type { AlertView } from "@meshwork/console/api-types";
import { useState } from "react";
import { useSession } from "../hooks/use-live.js";
import { figureText } from "../model/figure-text.js";
import { Age } from "../parts/age.js";
import { FailureNote } from "../parts/failure-note.js";
import { NodeName } from "../parts/node-name.js";
import { type ApiFailure, failureOf } from "../state/api-client.js";
import type { Received } from "../state/live-state.js";
import { routeHash } from "../state/route.js";

export interface AlertCardProps {
  readonly alert: Received<AlertView>;
  readonly readOnly: boolean;
}

export function AlertCard({ alert, readOnly }: AlertCardProps) {
  const { value: view, receivedAtMs } = alert;
  const { id, code, title, severity, state, node, mesh, cause, meaning, advice } = view;
  return (
    <li className={`alert is-${severity} is-${state}`} data-testid={`alert-${code}-${node ?? mesh ?? ""}`}>
      <div className="alert-head">
        <span className="alert-code mono">{code}</span>
        <h3>{title}</h3>
        {node === null ? <span>{mesh}</span> : <NodeName name={node} />}
        <span className={`badge ${severity === "error" ? "bad" : "state-suspected"}`}>{severity}</span>
        {state === "acknowledged" && <span className="badge">acknowledged</span>}
        <span className="alert-since muted">
          raised <Age ageMs={view.raisedAgeMs} receivedAtMs={receivedAtMs} /> ago
        </span>
      </div>
      <p className="alert-cause">{sentence(cause)}</p>
      <p>
        {meaning} <span className="muted">{advice}</span>
      </p>
      <div className="alert-foot">
        <Figure view={view} receivedAtMs={receivedAtMs} />
        {node !== null && code === "M001" && <a href={routeHash("profile", node)}>Take a profile</a>}
        {node !== null && code === "M004" && <a href={routeHash("profile", node)}>Take a profile</a>}
        {code === "M008" && <a href={routeHash("directory")}>Compare directories</a>}
        {state === "open" && !readOnly && <Acknowledge id={id} />}
      </div>
    </li>
  );
}

function Figure({ view, receivedAtMs }: { readonly view: AlertView; readonly receivedAtMs: number }) {
  const { value, limit, unit, figureAgeMs } = view;
  if (value === null)
    return <span className="warn">its figure is not known at present: the alert stays as it is until it is</span>;
  return (
    <span>
      now <strong>{figureText(value, unit)}</strong>, limit {figureText(limit, unit)}{" "}
      <span className="muted">
        (<Age ageMs={figureAgeMs} receivedAtMs={receivedAtMs} /> old)
      </span>
    </span>
  );
}

function Acknowledge({ id }: { readonly id: number }) {
  const { api } = useSession();
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const [busy, setBusy] = useState(false);
  const acknowledge = async () => {
    setBusy(true);
    try {
      // What it answers comes by the stream, to this page as to all others.
      await api.post<AlertView>(`/api/alerts/${id}/acknowledge`, undefined, new AbortController().signal);
      setFailure(null);
    } catch (error) {
      setFailure(failureOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <button type="button" onClick={() => void acknowledge()} disabled={busy} data-testid={`acknowledge-${id}`}>
        Acknowledge
      </button>
      {failure !== null && <FailureNote failure={failure} what="It was not acknowledged" />}
    </>
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
