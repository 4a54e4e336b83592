/** The age of a whole section, in its heading: "as of 3 s ago". */
import { Age } from "./age.js";

export function AsOf({ receivedAtMs, ageMs = 0 }: { readonly receivedAtMs: number | null; readonly ageMs?: number }) {
  if (receivedAtMs === null) return <span className="as-of">no data yet</span>;
  return (
    <span className="as-of">
      as of <Age ageMs={ageMs} receivedAtMs={receivedAtMs} /> ago
    </span>
  );
}
