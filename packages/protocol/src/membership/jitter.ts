/** A time within ± `share` of `meanMs`, so that what begins together does not go on together. `random`: 0 to 1. */
export function jittered(meanMs: number, share: number, random: () => number): number {
  return meanMs * (1 + share * (2 * random() - 1));
}
