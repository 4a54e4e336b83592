/** Where observers disagree: "suspected by X, alive for Y", each with since when unless `brief`. Nothing where they do not. */
import type { NodeView } from "@meshwork/console/api-types";
import { useLive } from "../hooks/use-live.js";
import { opinionsOf, opinionText } from "../model/member-state.js";
import type { Received } from "../state/live-state.js";
import { Age } from "./age.js";
import { NodeName } from "./node-name.js";

export function Opinions({ row, brief = false }: { readonly row: Received<NodeView>; readonly brief?: boolean }) {
  const { data } = useLive();
  const consoleName = data?.cluster.value.console.name ?? "";
  const opinions = opinionsOf(row.value, consoleName);
  if (opinions.length === 0) return null;
  return (
    <ul className="opinions" data-testid="opinions" aria-label="What other nodes say">
      {opinions.map(({ state, by }) => (
        <li key={state} className={`state-${state}`}>
          {opinionText(state)}{" "}
          {by.map(({ name, stateAgeMs, toldAgeMs }, at) => (
            <span key={name}>
              {at > 0 && ", "}
              <NodeName name={name} />
              {name === consoleName && !brief && " (this console)"}
              {!brief && (
                <span className="muted">
                  {" "}
                  for <Age ageMs={stateAgeMs} receivedAtMs={row.receivedAtMs} />
                  {toldAgeMs !== null && (
                    <>
                      , told <Age ageMs={toldAgeMs} receivedAtMs={row.receivedAtMs} /> ago
                    </>
                  )}
                </span>
              )}
            </span>
          ))}
        </li>
      ))}
    </ul>
  );
}
