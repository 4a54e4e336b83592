/**
 * Suspicion: how long a silent neighbour is tried before it is declared dead, and who has tried it with us.
 *
 * The time-outs are those of one link and know nothing of the mesh's size; confirmations of others never shorten them (in
 * SWIM's and Lifeguard's they do, and a few slow observers then kill in concert). Only local ill health lengthens them.
 *
 * Owner: LinkWatch, one per suspected neighbour; removed on a sign of life, on death, or when the member is gone.
 */
import type { IndirectReply } from "../wire/probe.js";
import type { RecordVersion } from "./version-order.js";

export const SUSPECT_AFTER_MS = 1_500;
export const DEAD_AFTER_MS = 3_700;
/** Between two rounds of one direct and three indirect probes. */
export const ROUND_MS = 400;
/** Rounds before a death: with fewer, ticks came too seldom for silence to mean anything. */
export const MIN_ROUNDS = 3;
/** Past the time-out without a witness rounds get rarer up to this: somebody cut off would else dial the whole mesh. */
const MAX_ROUND_MS = 5_000;
/** A witness counts for this long: it has to have failed towards the end of the silence, not at its beginning. */
export const WITNESS_FRESH_MS = 2_000;
const MAX_WITNESSES = 16;
const MAX_ASKED = 64;

/** When a silence since `lifeAtMs` becomes a suspicion, and when a death. `factor` is that of local health, at least 1. */
export function silenceDeadlines(lifeAtMs: number, factor: number): { suspectAtMs: number; deadAtMs: number } {
  const stretch = Math.max(1, factor);
  return { suspectAtMs: lifeAtMs + SUSPECT_AFTER_MS * stretch, deadAtMs: lifeAtMs + DEAD_AFTER_MS * stretch };
}

/** Time from round `rounds` to the next. `pastDeadlineMs` is negative before the time-out. */
export function nextRoundInMs(pastDeadlineMs: number): number {
  return Math.min(MAX_ROUND_MS, Math.max(ROUND_MS, pastDeadlineMs / 2));
}

export interface Witness extends RecordVersion {
  readonly id: string;
  readonly signature: Uint8Array;
  readonly atMs: number;
}

export class Suspicion {
  readonly sinceMs: number;
  /** The last byte before it. */
  readonly silentSinceMs: number;
  rounds = 0;
  nextRoundAtMs: number;
  /** Condemned: the obituary is due then, unless one comes before, or life. */
  issueAtMs: number | undefined;
  readonly #witnesses = new Map<string, Witness>();
  readonly #asked = new Set<string>();

  constructor(silentSinceMs: number, nowMs: number) {
    this.silentSinceMs = silentSinceMs;
    this.sinceMs = nowMs;
    this.nextRoundAtMs = nowMs;
  }

  /** Helpers that have not been asked yet are asked first; when all have been, they begin anew. */
  wasAsked(helper: string): boolean {
    return this.#asked.has(helper);
  }

  asked(helpers: readonly string[]): void {
    if (this.#asked.size + helpers.length > MAX_ASKED || helpers.length === 0) this.#asked.clear();
    for (const helper of helpers) this.#asked.add(helper);
  }

  unreachedBy(helper: string, reply: IndirectReply & { readonly outcome: "unreached" }, nowMs: number): void {
    const { generation, sequence, signature } = reply;
    this.#witnesses.delete(helper);
    if (this.#witnesses.size >= MAX_WITNESSES) {
      const oldest = this.#witnesses.keys().next().value;
      if (oldest !== undefined) this.#witnesses.delete(oldest);
    }
    this.#witnesses.set(helper, { id: helper, generation, sequence, signature, atMs: nowMs });
  }

  /** What has spoken before a sign of life speaks no more. */
  forgetWitnesses(): void {
    this.#witnesses.clear();
  }

  /** The latest fresh witness whose version `accept` takes. */
  witness(nowMs: number, accept: (witness: Witness) => boolean): Witness | undefined {
    let found: Witness | undefined;
    for (const witness of this.#witnesses.values()) {
      if (nowMs - witness.atMs <= WITNESS_FRESH_MS && accept(witness)) found = witness;
    }
    return found;
  }
}
