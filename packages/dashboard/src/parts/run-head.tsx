/** The first line of a run, of chaos or of tests: its number, what it came to, how it was asked for, when. */
import type { ChaosRun, TestRun } from "@meshwork/console/api-types";
import type { ReactNode } from "react";
import { durationText } from "../format/numbers.js";
import { Age } from "./age.js";

export interface RunHeadProps {
  readonly run: Pick<ChaosRun | TestRun, "id" | "state" | "tookMs" | "ageMs"> & {
    readonly counts: { readonly passed: number; readonly failed: number; readonly skipped?: number };
  };
  readonly receivedAtMs: number;
  /** How it was asked for. */
  readonly children: ReactNode;
}

export function RunHead({ run, receivedAtMs, children }: RunHeadProps) {
  const { passed, failed, skipped = 0 } = run.counts;
  return (
    <div className="run-head">
      <h3>Run {run.id}</h3>
      <span>
        {run.state !== "done" && <span className="badge">{run.state}</span>}{" "}
        <span className={passed > 0 ? "good" : "muted"}>{passed} passed</span>,{" "}
        <span className={failed > 0 ? "bad" : "muted"}>{failed} failed</span>
        {skipped > 0 && <span className="muted">, {skipped} skipped</span>}
      </span>
      <span className="muted">
        {children}
        {run.tookMs !== null && `, took ${durationText(run.tookMs)}`}
      </span>
      <span className="alert-since muted">
        begun <Age ageMs={run.ageMs} receivedAtMs={receivedAtMs} /> ago
      </span>
    </div>
  );
}
