/** A state with since when and by whom: `dead 2 min 3 s by mesh1.broker.239dc9, mesh1.gateway.a1b2c3`. */
import { Age } from "./age.js";
import { NodeName } from "./node-name.js";
import { StateBadge } from "./state-badge.js";

export interface StateLineProps {
  readonly state: string;
  /** Null where it is not told. */
  readonly stateAgeMs: number | null;
  readonly receivedAtMs: number;
  readonly by: readonly string[];
}

export function StateLine({ state, stateAgeMs, receivedAtMs, by }: StateLineProps) {
  return (
    <span className="state-line">
      <StateBadge state={state} />
      {state !== "alive" && stateAgeMs !== null && (
        <span className="muted">
          <Age ageMs={stateAgeMs} receivedAtMs={receivedAtMs} />
        </span>
      )}
      {by.length > 0 && (
        <span className="muted">
          by{" "}
          {by.map((name, at) => (
            <span key={name}>
              {at > 0 && ", "}
              <NodeName name={name} />
            </span>
          ))}
        </span>
      )}
    </span>
  );
}
