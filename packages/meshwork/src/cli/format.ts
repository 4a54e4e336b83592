/** Figures as people read them. What is unknown is `-`, never 0. */
export const UNKNOWN = "-";

type Unknown = null | undefined;

export function duration(ms: number | Unknown): string {
  if (ms === null || ms === undefined) return UNKNOWN;
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  if (ms < 1_000) return `${ms.toFixed(0)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms % 3_600_000) / 60_000)} min`;
}

export function bytes(count: number | Unknown): string {
  if (count === null || count === undefined) return UNKNOWN;
  if (count < 1_024) return `${count} B`;
  for (const [unit, size] of [
    ["KiB", 2 ** 10],
    ["MiB", 2 ** 20],
    ["GiB", 2 ** 30],
  ] as const) {
    if (count < size * 1_024 || unit === "GiB") return `${(count / size).toFixed(count / size < 10 ? 1 : 0)} ${unit}`;
  }
  return UNKNOWN;
}

export function cores(used: number | Unknown, budget: number | Unknown): string {
  if (used === null || used === undefined) return UNKNOWN;
  return budget === null || budget === undefined ? used.toFixed(3) : `${used.toFixed(3)}/${budget}`;
}

export function memory(used: number | Unknown, budget: number | Unknown): string {
  if (used === null || used === undefined) return UNKNOWN;
  return budget === null || budget === undefined ? bytes(used) : `${bytes(used)}/${bytes(budget)}`;
}

export function number(value: number | Unknown, digits = 0): string {
  return value === null || value === undefined ? UNKNOWN : value.toFixed(digits);
}

export function text(value: string | Unknown): string {
  return value === null || value === undefined || value === "" ? UNKNOWN : value;
}
