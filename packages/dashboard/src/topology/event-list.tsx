/** The last events: who came, who went, what was done. */
import type { EventView } from "@meshwork/console/api-types";
import { Age } from "../parts/age.js";
import type { Received } from "../state/live-state.js";

const SHOWN = 40;

export function EventList({ events }: { readonly events: readonly Received<EventView>[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be in reach of the keyboard
    <section className="panel events" aria-label="Events" tabIndex={0}>
      <h2>Events</h2>
      {events.length === 0 && <p className="muted">Nothing has happened since the console started.</p>}
      <ol>
        {events.slice(0, SHOWN).map(({ value: event, receivedAtMs }) => (
          <li
            key={event.id}
            className={event.kind === "node.updated" ? "severity-info muted" : `severity-${event.severity}`}
          >
            <Age ageMs={event.ageMs} receivedAtMs={receivedAtMs} brief />
            <span>{event.message}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
