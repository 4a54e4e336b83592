/** The lab's own MTU: above what a tunnel adds to a full packet, so that a delayed link needs no other packet size. */
export const MTU = 1_600;
/** RFC 791: what every host must take. */
const SMALLEST_MTU = 68;

/** How a link behaves in one direction. What is absent is perfect. */
export interface LinkShape {
  /** Nothing passes. */
  readonly cut?: boolean;
  /** 0 to 100. */
  readonly lossPercent?: number;
  readonly delayMs?: number;
  /** Each packet's delay is uniform within ± this; packets may overtake each other. */
  readonly jitterMs?: number;
  /** 0 to 100: this share of the packets does not wait, and overtakes those that do. Needs `delayMs`. */
  readonly reorderPercent?: number;
  /** The largest IP packet that passes, 68 to 1,600; what is larger is dropped without a word, as where routers' refusals are filtered. */
  readonly mtuBytes?: number;
  readonly rateKbit?: number;
}

export function isPerfect(shape: LinkShape): boolean {
  const { cut, lossPercent, mtuBytes, rateKbit } = shape;
  return !cut && !lossPercent && !isDelayed(shape) && mtuBytes === undefined && rateKbit === undefined;
}

export function isDelayed({ delayMs, jitterMs }: LinkShape): boolean {
  return (delayMs ?? 0) > 0 || (jitterMs ?? 0) > 0;
}

/** What is wrong with it, by its field. */
export function shapeProblem({ delayMs, reorderPercent, mtuBytes }: LinkShape): string | undefined {
  if (reorderPercent && !delayMs)
    return "reorderPercent: packets overtake only those that are delayed; give delayMs too";
  if (mtuBytes !== undefined && !(mtuBytes >= SMALLEST_MTU && mtuBytes <= MTU)) {
    return `mtuBytes is ${mtuBytes}; it must be ${SMALLEST_MTU} to ${MTU}`;
  }
  return undefined;
}

/** Netem's words for the delay. */
export function netemWords({ delayMs, jitterMs, reorderPercent }: LinkShape): string[] {
  const words = ["delay", `${delayMs ?? 0}ms`];
  if (jitterMs) words.push(`${jitterMs}ms`);
  if (reorderPercent) words.push("reorder", `${reorderPercent}%`);
  return words;
}
