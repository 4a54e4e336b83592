/** An age that grows by itself. */
import { ageNow, ageText } from "../format/ages.js";
import { useNow } from "../hooks/use-now.js";

export function Age({ ageMs, receivedAtMs }: { readonly ageMs: number | null; readonly receivedAtMs: number }) {
  return <span className="age">{ageText(ageNow(ageMs, receivedAtMs, useNow()))}</span>;
}
