/** How a link behaves in one direction. What is absent is perfect. */
export interface LinkShape {
  /** Nothing passes. */
  readonly cut?: boolean;
  /** 0 to 100. */
  readonly lossPercent?: number;
  readonly delayMs?: number;
  /** Each packet's delay is uniform within ± this; packets may overtake each other. */
  readonly jitterMs?: number;
  readonly rateKbit?: number;
}

export function isPerfect({ cut, lossPercent, delayMs, jitterMs, rateKbit }: LinkShape): boolean {
  return !cut && !lossPercent && !delayMs && !jitterMs && rateKbit === undefined;
}

export function isDelayed({ delayMs, jitterMs }: LinkShape): boolean {
  return (delayMs ?? 0) > 0 || (jitterMs ?? 0) > 0;
}
