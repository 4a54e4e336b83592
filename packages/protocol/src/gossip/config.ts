/**
 * Settings of one topic's gossip. Where a source is not named, the default is iroh-gossip 0.101.0's; its own comments call
 * the timeouts and intervals guesses. Nothing here is exchanged between peers: each node may run its own values.
 */
import { BROADCAST_MAX_BYTES } from "../wire/gossip-codec.js";

export interface GossipConfig {
  /** HyParView. */
  readonly activeViewCapacity: number;
  readonly passiveViewCapacity: number;
  /** Hops of a ForwardJoin (ARWL), and the hop at which the joiner enters a passive view (PRWL). */
  readonly activeRandomWalkLength: number;
  readonly passiveRandomWalkLength: number;
  readonly shuffleRandomWalkLength: number;
  readonly shuffleActiveCount: number;
  readonly shufflePassiveCount: number;
  readonly shuffleIntervalMs: number;
  readonly neighborRequestTimeoutMs: number;

  /** Plumtree. First and further waits for a message that was only announced. */
  readonly graftFirstTimeoutMs: number;
  readonly graftNextTimeoutMs: number;
  /**
   * Ours (RULES.md, "Cures"). The first wait is at least so many round trips to the peer that announced, a further one so many to
   * the peer that was asked, as far as `graftTimeoutMaxMs` allows. 0, or where the round trip is not known: the wait above alone.
   */
  readonly graftFirstRoundTrips: number;
  readonly graftNextRoundTrips: number;
  readonly graftTimeoutMaxMs: number;
  /** IHaves are gathered this long before they go out in one frame. */
  readonly ihaveDispatchDelayMs: number;
  readonly optimizationThresholdRounds: number;
  readonly messageCacheRetentionMs: number;
  readonly messageIdRetentionMs: number;
  readonly cacheEvictIntervalMs: number;
  readonly broadcastMaxBytes: number;

  /** Joining (ours). Delays before the 2nd, 3rd, … Join while there is no neighbour: 1, 3 and 7 s after the first. */
  readonly joinRetryDelaysMs: readonly number[];
  /** Delay once those are used up. */
  readonly joinRetrySteadyMs: number;
  /** Each delay is multiplied by a random factor in [1 - jitter, 1 + jitter]. */
  readonly joinRetryJitter: number;
  /** Contacts tried at once: a Join makes each of them forward it to its whole active view. */
  readonly joinRetryFanout: number;

  /** Bounds (ours). What is dropped when each is full is said where it is kept. */
  readonly contactsCapacity: number;
  readonly pendingNeighborsCapacity: number;
  readonly keepMarksCapacity: number;
  readonly receivedIdsCapacity: number;
  readonly messageCacheCapacity: number;
  readonly messageCacheMaxBytes: number;
  readonly missingCapacity: number;
  readonly announcersPerMessageCapacity: number;
  readonly lazyQueuePerPeerCapacity: number;

  /**
   * Cures of known faults of the Rust version, invisible on the wire (RULES.md, "Cures").
   * HP14 counts only those pending requests that are not answered yet: full views at the price of more neighbour requests.
   */
  readonly countOnlyPendingOutsideActive: boolean;
  /** HP13 asks the next passive peer where one that was asked cannot be reached: the timer of HP15 would find no mark, and ask nobody. */
  readonly refillAfterFailedRequest: boolean;
  /** A Join clears the sender's pending mark first, so that a peer that lost its state gets its Neighbor answer. */
  readonly clearPendingOnJoin: boolean;
  /** Prune, Graft, IHave and Gossip of non-neighbours do not put them among the eager or lazy peers. */
  readonly eagerLazyWithinActive: boolean;
}

export const DEFAULT_GOSSIP_CONFIG: GossipConfig = {
  activeViewCapacity: 5,
  passiveViewCapacity: 30,
  activeRandomWalkLength: 6,
  passiveRandomWalkLength: 3,
  shuffleRandomWalkLength: 6,
  shuffleActiveCount: 3,
  shufflePassiveCount: 4,
  shuffleIntervalMs: 60_000,
  neighborRequestTimeoutMs: 500,

  graftFirstTimeoutMs: 80,
  graftNextTimeoutMs: 40,
  graftFirstRoundTrips: 0,
  graftNextRoundTrips: 1.5,
  graftTimeoutMaxMs: 500,
  ihaveDispatchDelayMs: 5,
  optimizationThresholdRounds: 7,
  messageCacheRetentionMs: 30_000,
  messageIdRetentionMs: 90_000,
  cacheEvictIntervalMs: 1_000,
  broadcastMaxBytes: BROADCAST_MAX_BYTES,

  joinRetryDelaysMs: [1_000, 2_000, 4_000],
  joinRetrySteadyMs: 30_000,
  joinRetryJitter: 0.2,
  joinRetryFanout: 3,

  contactsCapacity: 64,
  pendingNeighborsCapacity: 4_096,
  keepMarksCapacity: 128,
  receivedIdsCapacity: 20_000,
  messageCacheCapacity: 8_192,
  messageCacheMaxBytes: 4 * 1024 * 1024,
  missingCapacity: 10_000,
  announcersPerMessageCapacity: 16,
  lazyQueuePerPeerCapacity: 1_000,

  countOnlyPendingOutsideActive: true,
  refillAfterFailedRequest: true,
  clearPendingOnJoin: true,
  eagerLazyWithinActive: true,
};

/** The defaults with `overrides`. Throws RangeError on values that no machine could work with. */
export function gossipConfig(overrides: Partial<GossipConfig> = {}): GossipConfig {
  const config = { ...DEFAULT_GOSSIP_CONFIG, ...overrides };
  if (config.activeViewCapacity < 1 || config.passiveViewCapacity < 1) throw new RangeError("views hold at least one");
  if (config.broadcastMaxBytes > BROADCAST_MAX_BYTES) {
    throw new RangeError(`broadcastMaxBytes is at most ${BROADCAST_MAX_BYTES}`);
  }
  return config;
}
