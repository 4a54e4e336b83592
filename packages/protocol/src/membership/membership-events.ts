/** What goes into the membership of a topic and what comes out of it, all as data; rules and owner: membership.ts. */
import type { Accusation, Obituary } from "../wire/obituary.js";
import type { IndirectReply } from "../wire/probe.js";
import type { HealingTarget } from "./healing-targets.js";
import type { DirectoryChange, LoadClass, SignedRecord } from "./types.js";

export type MembershipEvent =
  /** The topic is open. A member publishes its first record. */
  | { readonly kind: "boot" }
  /** The last word of a member: nothing is published after it. */
  | { readonly kind: "leaving" }
  /** What the own record says of addresses, version or status has changed. */
  | { readonly kind: "changed" }
  | { readonly kind: "load-class"; readonly loadClass: LoadClass }
  /** Where the mesh may be found when all neighbours are gone. */
  | { readonly kind: "seeds"; readonly targets: readonly HealingTarget[] }
  /** `foreign`: a peer of another make, which has no directory and answers no probes. */
  | { readonly kind: "neighbor-up"; readonly peer: string; readonly foreign?: boolean }
  | { readonly kind: "neighbor-down"; readonly peer: string }
  /** No connection is left. Hand it in before the `neighbor-down` that follows from it. */
  | { readonly kind: "peer-lost"; readonly peer: string }
  /** A ping came in. */
  | { readonly kind: "probed"; readonly peer: string }
  | { readonly kind: "broadcast"; readonly content: Uint8Array; readonly deliveredBy: string }
  /** An obituary that was handed over directly. */
  | { readonly kind: "obituary"; readonly obituary: Obituary; readonly from: string }
  /** A peer asks to try somebody: `reply` with this number follows, at once or within the budget. */
  | {
      readonly kind: "asked";
      readonly ask: number;
      readonly from: string;
      readonly accusation: Accusation;
      readonly budgetMs: number;
    }
  /** How an `ask` ended; without a reply where none came. */
  | { readonly kind: "answered"; readonly ask: number; readonly reply?: IndirectReply | undefined }
  /** How a `try` ended: with a byte of the peer so long ago, or without. */
  | { readonly kind: "tried"; readonly attempt: number; readonly heardAgoMs?: number | undefined }
  /** How a `dial` ended. `shared`: the hello has our topic; `observer`: but its mesh is another. */
  | { readonly kind: "contacted"; readonly peer: string; readonly shared: boolean; readonly observer?: boolean }
  | { readonly kind: "dial-failed"; readonly peer: string }
  /** What a sync brought, one by one; the shell decides how many at a time. */
  | { readonly kind: "synced-record"; readonly signed: SignedRecord; readonly ageMs: number }
  | { readonly kind: "synced-obituary"; readonly obituary: Obituary }
  /** A session has ended, whoever began it. `apart`: records that were new to one of the sides. */
  | { readonly kind: "synced"; readonly peer: string; readonly ok: boolean; readonly apart: number }
  | { readonly kind: "tick" };

export type MembershipOutput =
  | { readonly kind: "broadcast"; readonly content: Uint8Array }
  /** Ping it. `dial`: no connection is left, make one first. */
  | { readonly kind: "ping"; readonly peer: string; readonly dial: boolean }
  /** Send `indirect-request` to the helper, and say how it was `answered`. */
  | {
      readonly kind: "ask";
      readonly ask: number;
      readonly helper: string;
      readonly accusation: Accusation;
      readonly budgetMs: number;
    }
  /** Connect to the peer and ping it until it answers or the budget is used up, and say how it was `tried`. */
  | { readonly kind: "try"; readonly attempt: number; readonly peer: string; readonly budgetMs: number }
  /** The answer to `asked`. */
  | { readonly kind: "reply"; readonly ask: number; readonly reply: IndirectReply }
  /** Hand over an obituary (probe frame `obituary`). */
  | { readonly kind: "tell"; readonly peer: string; readonly obituary: Obituary }
  /** Sync with it, dialling where there is no connection, and say how it was `synced`. */
  | { readonly kind: "sync"; readonly peer: string }
  /** Healing: connect, and say `contacted` or `dial-failed`. */
  | { readonly kind: "dial"; readonly target: HealingTarget }
  /** Join the topic through it. */
  | { readonly kind: "join"; readonly peer: string; readonly protectMs: number }
  /** Gossip's `repair`. */
  | { readonly kind: "repair"; readonly peer: string }
  /** Gossip's `drop`; `cut`: its connections too. */
  | { readonly kind: "drop"; readonly peer: string; readonly cut: boolean }
  /** Gossip's `contacts`. */
  | { readonly kind: "contacts"; readonly peers: readonly string[] }
  /** The view is thin: gossip's `replenish`. */
  | { readonly kind: "replenish"; readonly peers: readonly string[] }
  /** A healing contact turned out to be of another mesh. */
  | { readonly kind: "mismatch"; readonly peer: string }
  /** Another process that started earlier uses the same identity: this one has to stop. */
  | { readonly kind: "duplicate-identity"; readonly bootNonce: string }
  /** The directory has changed; in order. */
  | { readonly kind: "change"; readonly change: DirectoryChange };

export interface MembershipDecision {
  readonly outputs: readonly MembershipOutput[];
  /** Hand in a tick then, unless a later decision moves it. */
  readonly nextAtMs: number;
}
