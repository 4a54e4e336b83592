/** The last requests and one-way messages, live, from the spans of their senders and receivers. */
import type { MessageView } from "@meshwork/console/api-types";
import { useState } from "react";
import type { TabProps } from "../app.js";
import { useLive } from "../hooks/use-live.js";
import { AsOf } from "../parts/as-of.js";
import { Empty } from "../parts/empty.js";
import { Section } from "../parts/section.js";
import type { Received } from "../state/live-state.js";
import { MessageTable } from "./message-table.js";

const SHOWN = 100;

export function MessagesTab({ data }: TabProps) {
  const { lastEventAtMs } = useLive();
  const [held, setHeld] = useState<readonly Received<MessageView>[] | null>(null);
  const [crossing, setCrossing] = useState(false);
  const all = held ?? data.messages;
  const shown = all.filter(({ value }) => !crossing || isCrossing(value)).slice(0, SHOWN);
  return (
    <Section
      title="Messages"
      aside={
        held === null ? (
          <AsOf receivedAtMs={lastEventAtMs} />
        ) : (
          <span className="as-of warn">held: new ones are not shown</span>
        )
      }
    >
      <div className="controls">
        <button
          type="button"
          aria-pressed={held !== null}
          onClick={() => setHeld(held === null ? data.messages : null)}
        >
          {held === null ? "Hold" : "Go on"}
        </button>
        <label>
          <input type="checkbox" checked={crossing} onChange={(event) => setCrossing(event.target.checked)} /> only
          between meshes
        </label>
        <span className="muted">
          {shown.length} of the last {all.length}
        </span>
      </div>
      {shown.length === 0 ? (
        <Empty title={crossing ? "No message between meshes among the last ones" : "No message has come yet"}>
          Try <code>npx mesh send NAME OPERATION --data hello</code>, or start the cluster without{" "}
          <code>--no-traffic</code>.
        </Empty>
      ) : (
        <MessageTable rows={shown} />
      )}
    </Section>
  );
}

function isCrossing({ fromMesh, toMesh }: MessageView): boolean {
  return fromMesh !== null && toMesh !== null && fromMesh !== toMesh;
}
