/** What is wrong with the connection and what will happen, in words; nothing while all is well. */
import { ageText } from "../format/ages.js";
import { useLive } from "../hooks/use-live.js";
import { useNow } from "../hooks/use-now.js";
import { connectionState } from "../state/connection.js";

export function StaleNote() {
  const { phase, lastEventAtMs } = useLive();
  const now = useNow();
  const state = connectionState(phase, lastEventAtMs, now);
  if (state !== "stale" && state !== "reconnecting") return null;
  const age = lastEventAtMs === null ? null : now - lastEventAtMs;
  return (
    <div className={`stale-note is-${state}`} data-testid="stale-note">
      <strong>{state === "stale" ? `What you see is ${ageText(age)} old.` : "The live stream broke."}</strong>{" "}
      {phase.phase === "waiting" && `${sentence(phase.reason)} Trying again ${soon(phase.retryAtMs - now)}.`}
      {phase.phase === "connecting" && "Trying to reach the console…"}
      {phase.phase === "open" && "The connection stands, but the console says nothing. It is replaced if that goes on."}
      {state === "stale" &&
        " If the cluster was stopped, start it again (npm start) and open the address that it prints."}
    </div>
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function soon(ms: number): string {
  return ms < 1_000 ? "now" : `in ${ageText(ms)}`;
}
