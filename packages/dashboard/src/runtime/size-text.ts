/** A size, and how much it changed, in the unit of its collection. */
import { bytesText, countText } from "../format/numbers.js";
import { isBytes } from "./growth.js";

export function sizeText(collection: string, value: number): string {
  return isBytes(collection) ? bytesText(value) : countText(value);
}

export function changeText(collection: string, change: number): string {
  if (change === 0) return "±0";
  return `${change > 0 ? "+" : "−"}${sizeText(collection, Math.abs(change))}`;
}
