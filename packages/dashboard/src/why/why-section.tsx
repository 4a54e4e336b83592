/** *Why is A not seeing B?* One picks B; both are asked over the mesh for their directories, and what is known is laid out. */
import type { DirectoryView, EventList, EventView, LinkView, NodeView } from "@meshwork/console/api-types";
import { useState } from "react";
import { useApi } from "../hooks/use-api.js";
import { inOrder } from "../model/row-order.js";
import type { LiveData } from "../state/live-state.js";
import { whyOf } from "./why.js";

const NO_EVENTS: readonly EventView[] = [];

export function WhySection({ a, data }: { readonly a: NodeView; readonly data: LiveData }) {
  const [chosen, setChosen] = useState("");
  const rows = inOrder(data.nodes.values()).filter(({ value }) => value.id !== a.id && value.name !== null);
  const b = rows.find(({ value }) => value.name === chosen)?.value ?? null;
  return (
    <details className="why" open={chosen !== ""}>
      <summary data-testid="why">Why is it not seeing…?</summary>
      <select
        value={chosen}
        onChange={(event) => setChosen(event.target.value)}
        aria-label="the node that it does not see"
        data-testid="why-whom"
      >
        <option value="">choose a node</option>
        {rows.map(({ value }) => (
          <option key={value.key} value={value.name ?? ""}>
            {value.name}
            {value.live ? "" : ` (${value.state})`}
          </option>
        ))}
      </select>
      {b !== null && (
        <Answer key={`${a.key} ${b.key}`} a={a} b={b} links={[...data.links.values()].map((row) => row.value)} />
      )}
    </details>
  );
}

interface AnswerProps {
  readonly a: NodeView;
  readonly b: NodeView;
  readonly links: readonly LinkView[];
}

/** Each is asked once; again on demand: a directory is a whole answer over the mesh. */
function Answer({ a, b, links }: AnswerProps) {
  const path = ({ name }: NodeView) => `/api/directory?as=${encodeURIComponent(name ?? "")}`;
  const [ofA, ofB] = [useApi<DirectoryView>(path(a)), useApi<DirectoryView>(path(b))];
  const events = useApi<EventList>("/api/events?limit=1000");
  if (ofA.loading || ofB.loading) return <p className="muted">Asking both over the mesh…</p>;
  const { verdict, findings } = whyOf({
    ...{ a, b, links, ofA: ofA.data, ofB: ofB.data, events: events.data?.events ?? NO_EVENTS },
    failureOfA: ofA.failure?.message ?? null,
    failureOfB: ofB.failure?.message ?? null,
  });
  const again = () => {
    for (const { refresh } of [ofA, ofB, events]) refresh();
  };
  return (
    <div data-testid="why-answer">
      <p className={`why-verdict tone-${verdict.tone}`} role="status">
        {verdict.text}
      </p>
      <ul>
        {findings.map(({ tone, text }) => (
          <li key={text} className={`tone-${tone}`}>
            {text}
          </li>
        ))}
      </ul>
      <button type="button" onClick={again}>
        Ask again
      </button>
    </div>
  );
}
