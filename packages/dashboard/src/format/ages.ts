/** Ages as text, short enough to stand behind every figure. */
import { UNKNOWN } from "./numbers.js";

export function ageText(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return UNKNOWN;
  if (ms < 1_000) return "<1 s";
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return `${minutes} min ${seconds % 60} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d`;
}

/** In its largest unit alone, where there is little room: `3 min`. */
export function briefAgeText(ms: number | null | undefined): string {
  const text = ageText(ms);
  return text.split(" ").slice(0, 2).join(" ");
}

/** What a message said the age was, and the time since this page received it. */
export function ageNow(ageMs: number | null | undefined, receivedAtMs: number, nowMs: number): number | null {
  return ageMs === null || ageMs === undefined ? null : ageMs + Math.max(0, nowMs - receivedAtMs);
}

/** `14:03:22.481`, the reader's own time zone. For display only: it is another machine's clock. */
export function clockText(atMs: number): string {
  const at = new Date(atMs);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}
