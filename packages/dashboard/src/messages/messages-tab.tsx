/** The last requests and one-way messages, live, from the spans of their senders and receivers. */
import type { MessageView } from "@meshwork/console/api-types";
import { useState } from "react";
import type { TabProps } from "../app.js";
import { useLive } from "../hooks/use-live.js";
import { useWord } from "../hooks/use-query.js";
import { AsOf } from "../parts/as-of.js";
import { Empty } from "../parts/empty.js";
import { Section } from "../parts/section.js";
import type { Received } from "../state/live-state.js";
import { isMessageFiltering, messageFits } from "./message-filter.js";
import { MessageTable } from "./message-table.js";

const SHOWN = 100;

export function MessagesTab({ data, item }: TabProps) {
  const { lastEventAtMs } = useLive();
  const [held, setHeld] = useState<readonly Received<MessageView>[] | null>(null);
  const [text, setText] = useWord("text");
  const [outcome, setOutcome] = useWord("outcome");
  const [between, setBetween] = useWord("between");
  const filter = { text, outcome, between };
  const on = isMessageFiltering(filter);
  const all = held ?? data.messages;
  const shown = all.filter(({ value }) => messageFits(filter, value)).slice(0, SHOWN);
  const clear = () => {
    for (const set of [setText, setOutcome, setBetween]) set("");
  };
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
        {/* biome-ignore lint/a11y/useSemanticElements: <search> is not known to all browsers that the page supports */}
        <form className="filter-bar" role="search" aria-label="Messages" onSubmit={(event) => event.preventDefault()}>
          <input
            type="search"
            data-search
            value={text}
            placeholder="Find messages  ( / )"
            aria-label="Find messages by node, operation, outcome or trace"
            autoComplete="off"
            spellCheck={false}
            data-testid="message-text"
            onChange={(event) => setText(event.target.value.slice(0, 200))}
          />
          <select
            value={outcome}
            aria-label="Messages by outcome"
            data-testid="message-outcome"
            data-on={outcome !== "" || undefined}
            onChange={(event) => setOutcome(event.target.value)}
          >
            <option value="">any outcome</option>
            <option value="ok">ok</option>
            <option value="failed">failed</option>
          </select>
          <select
            value={between}
            aria-label="Messages by mesh"
            data-testid="message-between"
            data-on={between !== "" || undefined}
            onChange={(event) => setBetween(event.target.value)}
          >
            <option value="">in and between meshes</option>
            <option value="meshes">between meshes</option>
          </select>
          {on && (
            <button type="button" className="quiet" onClick={clear} data-testid="message-clear">
              clear
            </button>
          )}
        </form>
        <span className="muted" role="status" data-testid="message-count">
          {shown.length} of the last {all.length}
        </span>
      </div>
      {shown.length === 0 ? (
        <Empty title={on && all.length > 0 ? "No message among the last ones fits" : "No message has come yet"}>
          Try <code>npx mesh send NAME OPERATION --data hello</code>, or start the cluster without{" "}
          <code>--no-traffic</code>.
        </Empty>
      ) : (
        <MessageTable rows={shown} open={item} />
      )}
    </Section>
  );
}
