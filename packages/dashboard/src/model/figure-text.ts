/** A figure with its unit, as an alert names it. */
import { bytesText, coresText, countText, durationText, UNKNOWN } from "../format/numbers.js";

export function figureText(value: number | null, unit: string): string {
  if (value === null) return UNKNOWN;
  if (unit === "bytes") return bytesText(value);
  if (unit === "ms") return durationText(value);
  return `${unit === "cores" ? coresText(value) : countText(value)} ${unit}`;
}
