/** Text into HTML and SVG, and numbers into words. */
export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** One decimal place is what an SVG coordinate needs. */
export const at = (value: number): string => (Math.round(value * 10) / 10).toString();

export const UNKNOWN = "—";

export function megabytes(bytes: number | null): string {
  return bytes === null ? UNKNOWN : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

export function gigabytes(bytes: number | null): string {
  return bytes === null ? UNKNOWN : `${(bytes / 1e9).toFixed(2)} GB`;
}

export function cores(value: number | null, digits: number): string {
  return value === null ? UNKNOWN : value.toFixed(digits);
}

export function seconds(ms: number | null): string {
  return ms === null ? UNKNOWN : `${(ms / 1_000).toFixed(2)} s`;
}

export function span(ms: number): string {
  const minutes = ms / 60_000;
  return minutes < 120 ? `${Math.round(minutes * 10) / 10} min` : `${(minutes / 60).toFixed(1)} h`;
}

export function slope(value: number | null): string {
  return value === null ? UNKNOWN : `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(2)}`;
}
