/** How long each other node took to know, by its own word: a bar against the bound, the slowest last. */
import type { ChaosVerdict } from "@meshwork/console/api-types";
import { durationText } from "../format/numbers.js";

export interface WaitListProps {
  readonly witnesses: ChaosVerdict["witnesses"];
  readonly withinMs: number | null;
}

export function WaitList({ witnesses, withinMs }: WaitListProps) {
  if (witnesses.length === 0) return null;
  const sorted = [...witnesses].sort((a, b) => (a.waitedMs ?? Infinity) - (b.waitedMs ?? Infinity));
  const fullMs = withinMs ?? Math.max(1, ...witnesses.map(({ waitedMs }) => waitedMs ?? 0));
  return (
    <ul className="waits" aria-label="waited time of each witness">
      {sorted.map(({ name, waitedMs }) => (
        <li key={name} data-testid="chaos-wait" data-waited-ms={waitedMs ?? ""}>
          <span className="mono waits-name">{name}</span>
          <svg className="waits-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
            <rect className="waits-track" width="100" height="6" />
            {waitedMs !== null && (
              <rect className="waits-fill" width={Math.min(100, (waitedMs / fullMs) * 100)} height="6" />
            )}
          </svg>
          <span className={waitedMs === null ? "bad num" : "num"}>
            {waitedMs === null ? "not in time" : durationText(waitedMs)}
          </span>
        </li>
      ))}
    </ul>
  );
}
