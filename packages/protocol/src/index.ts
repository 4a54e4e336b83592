export * from "./errors.js";
export * from "./gossip/config.js";
export * from "./gossip/events.js";
export * from "./gossip/router.js";
export * from "./ids.js";
export type { ApplyOutcome, RecordSource } from "./membership/apply-outcome.js";
export * from "./membership/audit.js";
export type { Departure } from "./membership/departures.js";
export { Detector, type DetectorOptions } from "./membership/detector.js";
export * from "./membership/detector-events.js";
export * from "./membership/directory.js";
export * from "./membership/directory-digest.js";
export * from "./membership/healing.js";
export type { HealingTarget } from "./membership/healing-targets.js";
export type { MemberView } from "./membership/helpers.js";
export * from "./membership/load-class.js";
export { LocalHealth } from "./membership/local-health.js";
export { Membership } from "./membership/membership.js";
export * from "./membership/membership-events.js";
export type { MembershipOptions } from "./membership/membership-options.js";
export * from "./membership/name-resolution.js";
export {
  LIFE_SIGN_MS,
  MAX_SEQUENCE_AHEAD,
  type ObituaryOutcome,
  type ObituarySource,
} from "./membership/obituary-rules.js";
export type { RecordDescription } from "./membership/own-record.js";
export * from "./membership/publishing.js";
export * from "./membership/staleness.js";
export { DEAD_AFTER_MS, SUSPECT_AFTER_MS } from "./membership/suspicion.js";
export * from "./membership/sync.js";
export * from "./membership/tombstones.js";
export * from "./membership/types.js";
export * from "./membership/version-order.js";
export * from "./membership/witness.js";
export * from "./names.js";
export * from "./seeds.js";
export * from "./socket-address.js";
export * from "./wire/broadcast.js";
export * from "./wire/envelope.js";
export * from "./wire/frames.js";
export * from "./wire/gossip-codec.js";
export * from "./wire/hello.js";
export * from "./wire/merged.js";
export * from "./wire/message.js";
export * from "./wire/obituary.js";
export * from "./wire/peer-data.js";
export * from "./wire/postcard.js";
export * from "./wire/probe.js";
export * from "./wire/record.js";
export * from "./wire/sync.js";
export * from "./wire/telemetry.js";
