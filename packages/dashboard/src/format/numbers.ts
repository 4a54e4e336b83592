/** Figures as text. Unknown is a dash, never 0. */
export const UNKNOWN = "–";

type Maybe = number | null | undefined;

function known(value: Maybe): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** `12,345`; grouped the same way in every locale, so that the page and a test read the same. */
export function countText(value: Maybe): string {
  return known(value) ? Math.round(value).toLocaleString("en-US") : UNKNOWN;
}

/** Frames per minute: whole above 10, else with one decimal, since 0.4 is not 0. */
export function rateText(value: Maybe): string {
  if (!known(value)) return UNKNOWN;
  if (value === 0) return "0";
  return value >= 9.95 ? countText(value) : Math.max(0.1, value).toFixed(1);
}

/** Where there is little room: `1.2 k` from a thousand on. */
export function briefRateText(value: Maybe): string {
  return known(value) && value >= 999.5 ? `${trimmed(value / 1_000, value < 9_950 ? 1 : 0)}k` : rateText(value);
}

/** CPU in cores: `0.013`, `1.25`. Below a thousandth it says so instead of showing nought. */
export function coresText(value: Maybe): string {
  if (!known(value)) return UNKNOWN;
  if (value === 0) return "0";
  if (value < 0.001) return "<0.001";
  return value < 0.1 ? value.toFixed(3) : value < 10 ? trimmed(value, 2) : trimmed(value, 1);
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Bytes in powers of 1,024, as budgets are given, with three significant digits: `512 B`, `73.8 MiB`, `2 GiB`. */
export function bytesText(value: Maybe): string {
  if (!known(value)) return UNKNOWN;
  let unit = 0;
  let scaled = value;
  // 1023.6 would be shown as 1024.
  while (scaled >= (unit === 0 ? 1_024 : 1_023.5) && unit < UNITS.length - 1) {
    scaled /= 1_024;
    unit += 1;
  }
  const digits = unit === 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return `${trimmed(scaled, digits)} ${UNITS[unit]}`;
}

/** A measured duration: `0.31 ms`, `12.4 ms`, `1.52 s`. */
export function durationText(ms: Maybe): string {
  if (!known(ms)) return UNKNOWN;
  if (ms < 0.01 && ms > 0) return "<0.01 ms";
  if (ms < 10) return `${trimmed(ms, 2)} ms`;
  if (ms < 1_000) return `${trimmed(ms, 1)} ms`;
  if (ms < 60_000) return `${trimmed(ms / 1_000, 2)} s`;
  return `${trimmed(ms / 60_000, 1)} min`;
}

/** Used of budget, 0 and up; null where one is unknown or the budget is 0. */
export function shareOf(used: Maybe, budget: Maybe): number | null {
  return known(used) && known(budget) && budget > 0 ? used / budget : null;
}

/** A part of a whole: `12 %`, `0.4 %`; what is there is never shown as nought. */
export function partText(part: Maybe, whole: Maybe): string {
  const share = shareOf(part, whole);
  if (share === null) return UNKNOWN;
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return "<0.1 %";
  return `${trimmed(percent, percent < 10 ? 1 : 0)} %`;
}

function trimmed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return digits === 0 ? text : text.replace(/\.?0+$/, "");
}
