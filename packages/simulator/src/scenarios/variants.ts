/**
 * The protocol as iroh-gossip 0.101.0 has it, and each cure of a known fault on its own and together (RULES.md of the gossip, "Ours"
 * and "Cures"). What each costs and gains is measured in docs/simulation.md.
 */
import type { GossipConfig } from "@meshwork/protocol";

/** Everything of ours switched off: no retry of a Join, marks as the Rust version keeps them. */
const FAITHFUL: Partial<GossipConfig> = {
  countOnlyPendingOutsideActive: false,
  refillAfterFailedRequest: false,
  clearPendingOnJoin: false,
  eagerLazyWithinActive: false,
  graftNextRoundTrips: 0,
  joinRetryDelaysMs: [],
  joinRetrySteadyMs: Number.POSITIVE_INFINITY,
};

const RETRY: Partial<GossipConfig> = { joinRetryDelaysMs: [1_000, 2_000, 4_000], joinRetrySteadyMs: 30_000 };

export const VARIANTS = {
  faithful: FAITHFUL,
  pendingOutsideActive: { ...FAITHFUL, countOnlyPendingOutsideActive: true },
  refillAfterFailedRequest: { ...FAITHFUL, refillAfterFailedRequest: true },
  clearPendingOnJoin: { ...FAITHFUL, clearPendingOnJoin: true },
  eagerLazyWithinActive: { ...FAITHFUL, eagerLazyWithinActive: true },
  joinRetry: { ...FAITHFUL, ...RETRY },
  graftNextRoundTrips: { ...FAITHFUL, graftNextRoundTrips: 1.5 },
  graft400: { ...FAITHFUL, graftFirstTimeoutMs: 400 },
  /** Waits for grafted messages beside what nodes run with: fixed, and the first one from the round trip, too. */
  graftFixed: { graftNextRoundTrips: 0 },
  graftFirst1: { graftFirstRoundTrips: 1 },
  graftFirst3: { graftFirstRoundTrips: 3 },
  /** What nodes run with. */
  defaults: {},
} as const satisfies Record<string, Partial<GossipConfig>>;

export type Variant = keyof typeof VARIANTS;
