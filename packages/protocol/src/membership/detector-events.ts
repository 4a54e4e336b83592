/** What goes into the failure detector and what comes out of it, all as data; rules and owner: detector.ts. */
import type { Accusation, ObituarySigner } from "../wire/obituary.js";
import type { IndirectReply } from "../wire/probe.js";

export type DetectorEvent =
  | { readonly kind: "neighbor-up"; readonly peer: string }
  | { readonly kind: "neighbor-down"; readonly peer: string }
  /** A ping of the peer's came in: a sign of life, and that it watches the link. */
  | { readonly kind: "probed"; readonly peer: string }
  /** Any other byte (a pong too); `atMs` where it came before now. Of peers that are not watched: ignored. */
  | { readonly kind: "heard"; readonly peer: string; readonly atMs?: number }
  /** No connection to it is left. Hand it in before the `neighbor-down` that follows from it. */
  | { readonly kind: "peer-lost"; readonly peer: string }
  /** The answer to `ask-indirect`; none at all needs no event. An `unreached` comes with a verified signature. */
  | {
      readonly kind: "indirect-result";
      readonly target: string;
      readonly helper: string;
      readonly reply: IndirectReply;
    }
  /** A newer record of its own has come, so old. `anew`: of another life. */
  | { readonly kind: "published"; readonly peer: string; readonly agoMs: number; readonly anew: boolean }
  /** No member any more: an obituary was applied, it left, or it expired. */
  | { readonly kind: "gone"; readonly peer: string }
  /** Somebody holds this node for dead. */
  | { readonly kind: "accused" }
  /** The process stood still and knows it. */
  | { readonly kind: "resumed" }
  | { readonly kind: "tick" };

/**
 * Sign, `directory.applyObituary`, broadcast, and cut its connections. `tell`: the accused's other neighbours, who are about to
 * issue one too; handed to them directly (probe frame `obituary`) it comes in one hop instead of the three of a flood.
 */
export interface IssueObituary {
  readonly kind: "issue-obituary";
  readonly accusation: Accusation;
  readonly witness: ObituarySigner | undefined;
  readonly tell: readonly string[];
}

export type DetectorOutput =
  /** Ping it; hand in its pong as `heard`. `dial`: no connection is left, make one first. */
  | { readonly kind: "send-probe"; readonly peer: string; readonly dial: boolean }
  /** Send `indirect-request` to the helper. */
  | {
      readonly kind: "ask-indirect";
      readonly helper: string;
      readonly accusation: Accusation;
      readonly budgetMs: number;
    }
  /** `directory.suspect`. */
  | { readonly kind: "suspected"; readonly peer: string; readonly silentMs: number }
  /**
   * `directory.clearSuspicion`. `why`: it was heard; another path reaches it; it was this node that slept; an observer watches it
   * no more.
   */
  | {
      readonly kind: "refuted";
      readonly peer: string;
      readonly why: "heard" | "reached" | "own-lateness" | "unwatched";
    }
  /** The link is watched no more. */
  | IssueObituary
  /** One end alone holds the link. `ours`: it probes us who do not have it; `theirs`: it does not probe us who have it. */
  | { readonly kind: "repair-link"; readonly peer: string; readonly missing: "ours" | "theirs" }
  /** Give the link up: Disconnect as far as gossip goes, and for `silent` the connections too. */
  | { readonly kind: "drop-link"; readonly peer: string; readonly reason: "one-sided" | "silent" };

export interface DetectorDecision {
  readonly outputs: readonly DetectorOutput[];
  /** Hand in a tick then, unless a later decision moves it. `Infinity` while there are no links. */
  readonly nextAtMs: number;
}
