/** What is wrong and what to do about it: open alerts first, then those that are resolved, and what is watched at all. */
import type { AlertView } from "@meshwork/console/api-types";
import { targetOf } from "@meshwork/console/client";
import { useState } from "react";
import type { TabProps } from "../app.js";
import { countText } from "../format/numbers.js";
import { useApi } from "../hooks/use-api.js";
import { useLive } from "../hooks/use-live.js";
import { AsOf } from "../parts/as-of.js";
import { Empty } from "../parts/empty.js";
import { Section } from "../parts/section.js";
import type { Received } from "../state/live-state.js";
import { AlertCard } from "./alert-card.js";
import { ResolvedTable } from "./resolved-table.js";
import { RuleTable } from "./rule-table.js";

export function AlertsTab({ data }: TabProps) {
  const { lastEventAtMs } = useLive();
  const [seen, setSeen] = useState(true);
  const { alerts: counts } = data.cluster.value;
  // The rules' coverage is asked for when the counts say that something changed.
  const rules = useApi(targetOf("GET /api/alerts"), JSON.stringify(counts));
  const all = [...data.alerts.values()];
  const active = all.filter(({ value }) => value.state !== "resolved").sort(worstFirst);
  const shown = seen ? active : active.filter(({ value }) => value.state === "open");
  const resolved = all.filter(({ value }) => value.state === "resolved").sort((a, b) => b.value.id - a.value.id);
  return (
    <>
      <Section title="Alerts" aside={<AsOf receivedAtMs={lastEventAtMs} />}>
        <div className="controls alert-counts" data-testid="alert-counts">
          <span className={counts.open > 0 ? "count bad" : "count"}>
            <strong data-testid="alerts-open">{countText(counts.open)}</strong> open
          </span>
          <span className="count">
            <strong data-testid="alerts-acknowledged">{countText(counts.acknowledged)}</strong> acknowledged
          </span>
          <span className="count">
            <strong>{countText(counts.resolved)}</strong> resolved within the last hour
          </span>
          {counts.leftOut > 0 && (
            <span className="warn">{countText(counts.leftOut)} more are not shown one by one</span>
          )}
          {counts.acknowledged > 0 && (
            <button type="button" aria-pressed={!seen} onClick={() => setSeen(!seen)}>
              {seen ? "Hide the acknowledged" : "Show the acknowledged"}
            </button>
          )}
        </div>
        {shown.length === 0 && (
          <Empty title={active.length === 0 ? "Nothing is wrong as far as it is known" : "All have been acknowledged"}>
            {counts.unknown > 0
              ? `${countText(counts.unknown)} judgements cannot be made now, for want of fresh figures: see the rules below.`
              : "Every rule below has the figures that it needs."}
          </Empty>
        )}
        <ul className="alert-list">
          {shown.map((alert) => (
            <AlertCard key={alert.value.id} alert={alert} readOnly={data.cluster.value.readOnly} />
          ))}
        </ul>
      </Section>
      {resolved.length > 0 && (
        <Section title={`Resolved (${resolved.length})`}>
          <ResolvedTable alerts={resolved} />
        </Section>
      )}
      {rules.data !== null && (
        <Section title="What is watched" aside={<AsOf receivedAtMs={rules.receivedAtMs} />}>
          <RuleTable rules={rules.data.rules} />
        </Section>
      )}
    </>
  );
}

function worstFirst(a: Received<AlertView>, b: Received<AlertView>): number {
  const weight = ({ state, severity }: AlertView) => (state === "open" ? 2 : 0) + (severity === "error" ? 1 : 0);
  return weight(b.value) - weight(a.value) || b.value.id - a.value.id;
}
