/**
 * Running digest of everything that happens, in order: two runs are the same when their digests are. 64 bits in two halves;
 * always on. Not cryptographic: it tells runs apart, nobody attacks it.
 */
export class Trace {
  #high = 0x6a09e667;
  #low = 0xbb67ae85;
  folded = 0;

  fold(atMs: number, where: number, what: number): void {
    this.folded++;
    const micros = atMs * 1_000;
    const whole = Math.floor(micros);
    let state = Math.imul(this.#low ^ (whole | 0), 0x85ebca6b) ^ Math.imul((micros - whole) * 0x10_0000, 0x9e3779b1);
    state = Math.imul(state ^ (state >>> 13) ^ (where + 1), 0xc2b2ae35) ^ what;
    this.#low = state ^ (state >>> 16);
    this.#high = Math.imul(this.#high ^ this.#low, 0x01000193);
  }

  /** 16 hex digits. */
  digest(): string {
    return (this.#high >>> 0).toString(16).padStart(8, "0") + (this.#low >>> 0).toString(16).padStart(8, "0");
  }
}
