/** An age that grows by itself. */
import { ageNow, ageText, briefAgeText } from "../format/ages.js";
import { useNow } from "../hooks/use-now.js";

export interface AgeProps {
  readonly ageMs: number | null;
  readonly receivedAtMs: number;
  /** In its largest unit alone. */
  readonly brief?: boolean;
}

export function Age({ ageMs, receivedAtMs, brief = false }: AgeProps) {
  const text = brief ? briefAgeText : ageText;
  return <span className="age">{text(ageNow(ageMs, receivedAtMs, useNow()))}</span>;
}
