/** A message decoded: what its sender and its receiver told of it, field by field, beside each other. */
import type { MessageView, SpanView } from "@meshwork/console/api-types";
import { targetOf } from "@meshwork/console/client";
import { durationText, UNKNOWN } from "../format/numbers.js";
import { useApi } from "../hooks/use-api.js";
import { FailureNote } from "../parts/failure-note.js";
import { Pair } from "../parts/pair.js";
import { halvesOf, transitOf } from "./message-halves.js";

export function MessageDetail({ message }: { readonly message: MessageView }) {
  const target = targetOf("GET /api/traces/{id}", { path: { id: message.traceId } });
  const { data, failure } = useApi(target, message.paired);
  if (failure !== null) return <FailureNote failure={failure} what="Its spans could not be read" />;
  if (data === null) return <p className="muted">Asking for its spans…</p>;
  const { sent, received } = halvesOf(message, data.spans);
  const transit = transitOf(sent, received);
  return (
    <div className="message-detail" data-testid="message-detail">
      <Half title="As its sender told it" span={sent} missing="The sender's span has not come, or has been evicted." />
      <Half
        title="As its receiver told it"
        span={received}
        missing="The receiver's span has not come: it is on its way, or nobody answered."
      />
      {transit !== null && (
        <p className="muted">
          {durationText(transit)} of its time passed outside the receiver's handler: on the way there and back, and in
          both ends' queues.
        </p>
      )}
    </div>
  );
}

interface HalfProps {
  readonly title: string;
  readonly span: SpanView | null;
  readonly missing: string;
}

function Half({ title, span, missing }: HalfProps) {
  return (
    <div className="message-half">
      <h3>{title}</h3>
      {span === null ? (
        <p className="muted">{missing}</p>
      ) : (
        <dl>
          <Pair label="node" value={span.node ?? UNKNOWN} />
          <Pair label="took" value={durationText(span.durationMs)} />
          {span.status !== "unset" && <Pair label="status" value={`${span.status} ${span.statusMessage}`.trim()} />}
          {Object.entries(span.attributes)
            .sort(([a], [b]) => a.localeCompare(b))
            .map(([key, value]) => (
              <Pair key={key} label={key} value={Array.isArray(value) ? value.join(", ") : String(value)} />
            ))}
        </dl>
      )}
    </div>
  );
}
