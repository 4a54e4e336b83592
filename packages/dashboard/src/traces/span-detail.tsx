/** A span's attributes and events. */
import type { SpanView } from "@meshwork/console/api-types";
import { durationText } from "../format/numbers.js";
import { Pair } from "../parts/pair.js";

export function SpanDetail({ span }: { readonly span: SpanView }) {
  const attributes = Object.entries(span.attributes).sort(([a], [b]) => a.localeCompare(b));
  return (
    <div className="span-detail">
      <dl>
        <Pair label="span" value={`${span.name} (${span.kind})`} />
        <Pair label="service" value={span.service ?? "–"} />
        <Pair label="starts" value={`${durationText(span.offsetMs)} after the first span`} />
        {span.status !== "unset" && <Pair label="status" value={`${span.status} ${span.statusMessage}`} />}
        {attributes.map(([key, value]) => (
          <Pair key={key} label={key} value={Array.isArray(value) ? value.join(", ") : String(value)} />
        ))}
      </dl>
      {span.events.map((event) => (
        <p key={`${event.name}@${event.offsetMs}`}>
          <b>{event.name}</b> at {durationText(event.offsetMs)} <code>{JSON.stringify(event.attributes)}</code>
        </p>
      ))}
    </div>
  );
}
