/**
 * Frames per minute from totals: the growth over the last 60 s, or over the uptime where that is shorter. Samples are taken
 * when somebody asks (and by the 10 s load sample), so an unwatched node keeps at most 13 of them and no timer of its own.
 */
export class RateWindow {
  readonly #windowMs: number;
  #samples: { atMs: number; total: number }[];

  constructor(startMs: number, windowMs = 60_000) {
    this.#windowMs = windowMs;
    this.#samples = [{ atMs: startMs, total: 0 }];
  }

  /** Adds the present total and returns the rate per minute. */
  sample(nowMs: number, total: number): number {
    const last = this.#samples.at(-1);
    if (last === undefined || nowMs - last.atMs >= 5_000) this.#samples.push({ atMs: nowMs, total });
    while (this.#samples.length > 1 && nowMs - (this.#samples[1]?.atMs ?? nowMs) >= this.#windowMs)
      this.#samples.shift();
    const oldest = this.#samples[0];
    if (oldest === undefined) return 0;
    const elapsedMs = nowMs - oldest.atMs;
    return elapsedMs <= 0 ? 0 : ((total - oldest.total) / elapsedMs) * 60_000;
  }
}
