/** Live, reconnecting, stale: always in sight, always with the age of what is shown. */
import { ageText } from "../format/ages.js";
import { useLive } from "../hooks/use-live.js";
import { useNow } from "../hooks/use-now.js";
import { connectionState } from "../state/connection.js";

export function ConnectionBadge() {
  const { phase, lastEventAtMs } = useLive();
  const now = useNow();
  const state = connectionState(phase, lastEventAtMs, now);
  const age = lastEventAtMs === null ? null : Math.max(0, now - lastEventAtMs);
  return (
    <div className={`connection is-${state}`} role="status" data-testid="connection" data-state={state}>
      <span className="pulse" aria-hidden="true" />
      <strong>{state}</strong>
      <span className="connection-age">
        {age === null ? (
          "no data yet"
        ) : (
          <>
            data <span data-testid="data-age">{ageText(age)}</span> old
          </>
        )}
      </span>
    </div>
  );
}
