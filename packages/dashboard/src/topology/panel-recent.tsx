/** What happened to a node last, and what it sent and got last, of what the stream has told. */

import { shortName } from "../format/names.js";
import { durationText, UNKNOWN } from "../format/numbers.js";
import { Age } from "../parts/age.js";
import type { LiveData } from "../state/live-state.js";
import { routeHash } from "../state/route.js";

const SHOWN = 6;

export function PanelRecent({ name, data }: { readonly name: string; readonly data: LiveData }) {
  const events = data.events.filter(({ value }) => value.node === name || value.by.includes(name)).slice(0, SHOWN);
  const messages = data.messages.filter(({ value }) => value.from === name || value.to === name).slice(0, SHOWN);
  return (
    <>
      <h3>Last events</h3>
      {events.length === 0 && <p className="muted small">none among the last {data.events.length}</p>}
      <ol className="panel-recent">
        {events.map(({ value, receivedAtMs }) => (
          <li key={value.id} className={`severity-${value.severity}`}>
            <Age ageMs={value.ageMs} receivedAtMs={receivedAtMs} />
            <span>{value.message.replaceAll(name, "it")}</span>
          </li>
        ))}
      </ol>
      <h3>Last messages</h3>
      {messages.length === 0 && <p className="muted small">none among the last {data.messages.length}</p>}
      <ol className="panel-recent">
        {messages.map(({ value, receivedAtMs }) => {
          const out = value.from === name;
          const other = out ? value.to : value.from;
          return (
            <li key={value.key}>
              <Age ageMs={value.ageMs} receivedAtMs={receivedAtMs} />
              <span>
                {out ? "→" : "←"} <a href={routeHash("traces", value.traceId)}>{value.operation ?? "message"}</a>{" "}
                {other === null ? UNKNOWN : shortName(other)}{" "}
                <span className={value.outcome === "ok" ? "muted" : "bad"}>
                  {value.outcome === "ok" ? durationText(value.durationMs) : (value.outcome ?? UNKNOWN)}
                </span>
              </span>
            </li>
          );
        })}
      </ol>
    </>
  );
}
