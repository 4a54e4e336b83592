/** One node's boot on the common scale; open, each step on a line of its own. */
import type { BootStep, NodeView } from "@meshwork/console/api-types";
import { targetOf } from "@meshwork/console/client";
import { useEffect } from "react";
import { displayName, stepName } from "../format/names.js";
import { durationText } from "../format/numbers.js";
import { useApi } from "../hooks/use-api.js";
import { placed } from "../layout/time-scale.js";
import { Age } from "../parts/age.js";
import { routeHash } from "../state/route.js";
import { bootStepClass } from "./boot-steps.js";

export interface BootRowProps {
  readonly node: NodeView;
  readonly totalMs: number;
  readonly open: boolean;
  readonly onDuration: (key: string, ms: number) => void;
}

export function BootRow({ node, totalMs, open, onDuration }: BootRowProps) {
  const name = displayName(node);
  const { boot } = node;
  const ref = node.name ?? node.id;
  // Asked once the stream tells of a trace, and again when that has grown: each step that ends makes it longer.
  const version = `${boot?.traceId} ${boot?.state} ${boot?.step} ${boot?.durationMs}`;
  const {
    data: trace,
    failure,
    receivedAtMs,
  } = useApi(
    ref === null || boot?.traceId == null ? null : targetOf("GET /api/boot/{name}", { path: { name: ref } }),
    version,
  );
  const durationMs = trace?.durationMs;
  useEffect(() => {
    if (durationMs !== undefined) onDuration(node.key, durationMs);
  });
  const state = trace?.state ?? boot?.state ?? null;
  const step = trace?.step ?? boot?.step ?? null;
  const message = trace?.message ?? boot?.message ?? null;
  const broken = state === "stalled" || state === "failed";
  return (
    <div
      className={`boot-entry${open ? " open" : ""}`}
      data-testid={`boot-row-${name}`}
      data-state={state ?? "unknown"}
    >
      <div className="waterfall-row">
        <a className="mono name" href={routeHash("boot", open ? null : name)} aria-expanded={open}>
          <span aria-hidden="true">{open ? "▾" : "▸"}</span> {name}
        </a>
        <span className="num" data-testid={`boot-total-${name}`}>
          {durationText(trace?.durationMs)}
        </span>
        <span className="track">
          {trace?.steps.map((each) => (
            <StepBar key={each.name} step={each} totalMs={totalMs} broken={isBroken(each, step, broken)} />
          ))}
          {trace === null && <span className="muted">{absence(failure !== null, boot)}</span>}
        </span>
      </div>
      {broken && (
        <p className="failure" data-testid={`boot-failure-${name}`}>
          <strong>
            {state} at {step === null ? "an unknown step" : stepName(step)}
          </strong>
          {message !== null && `: ${message}`}
        </p>
      )}
      {open && trace !== null && (
        <div className="boot-steps">
          {trace.steps.map((each) => (
            <div className="waterfall-row" key={each.name}>
              <span className={isBroken(each, step, broken) ? "step-name broken" : "step-name"}>
                {stepName(each.name)}
              </span>
              <span className="num">{durationText(each.durationMs)}</span>
              <span className="track">
                <StepBar step={each} totalMs={totalMs} broken={isBroken(each, step, broken)} />
              </span>
            </div>
          ))}
          <p className="muted small">
            process start to ready {durationText(node.bootMs)} · came{" "}
            <Age ageMs={trace.ageMs} receivedAtMs={receivedAtMs} /> ago ·{" "}
            <a href={routeHash("traces", trace.traceId)}>the whole trace</a>
          </p>
        </div>
      )}
    </div>
  );
}

function StepBar({
  step,
  totalMs,
  broken,
}: {
  readonly step: BootStep;
  readonly totalMs: number;
  readonly broken: boolean;
}) {
  const { left, width } = placed(step.offsetMs, step.durationMs, totalMs);
  return (
    <span
      className={`span-bar ${broken ? "step-broken" : bootStepClass(step.name)}`}
      style={{ left: `${left}%`, width: `${width}%` }}
      title={`${stepName(step.name)}: ${durationText(step.durationMs)}, from ${durationText(step.offsetMs)}${step.statusMessage === "" ? "" : `, ${step.statusMessage}`}`}
    />
  );
}

function isBroken(step: BootStep, named: string | null, broken: boolean): boolean {
  return step.status === "error" || (broken && step.name === named);
}

function absence(failed: boolean, boot: NodeView["boot"]): string {
  if (failed) return "its boot trace could not be read: it may not have come whole, or is no longer kept";
  if (boot?.state === "running")
    return boot.step === null ? "boots…" : `boots… last finished step: ${stepName(boot.step)}`;
  return boot?.traceId == null ? "its boot trace has not come (or is no longer kept)" : "asking…";
}
