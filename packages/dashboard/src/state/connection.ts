/** How far the page's data can be trusted: a pure function of what the stream did last and of the time. */

/** The console pings after 2 s without news: silence above this is not quiet but broken. */
export const STALE_AFTER_MS = 5_000;

/** What the stream client is doing. */
export type StreamPhase =
  | { readonly phase: "connecting"; readonly attempt: number }
  | { readonly phase: "open" }
  | { readonly phase: "waiting"; readonly attempt: number; readonly retryAtMs: number; readonly reason: string }
  | { readonly phase: "refused"; readonly status: number; readonly message: string };

/**
 * `connecting`: nothing has come yet. `live`. `reconnecting`: the stream broke, the data is younger than `STALE_AFTER_MS`. `stale`: it is
 * older, whatever the connection does. `refused`: the console does not take the token.
 */
export type ConnectionState = "connecting" | "live" | "reconnecting" | "stale" | "refused";

export function connectionState(phase: StreamPhase, lastEventAtMs: number | null, nowMs: number): ConnectionState {
  if (phase.phase === "refused") return "refused";
  if (lastEventAtMs === null) return "connecting";
  if (nowMs - lastEventAtMs > STALE_AFTER_MS) return "stale";
  return phase.phase === "open" ? "live" : "reconnecting";
}
