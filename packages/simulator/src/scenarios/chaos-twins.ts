/** The twins of the faults that `mesh chaos list` names, and those that have none. */
import {
  flappingLinkTwin,
  inboundFirewallTwin,
  lossyLinkTwin,
  natShiftTwin,
  partitionPairTwin,
  partitionSubsetTwin,
  slowLinkTwin,
} from "./chaos-link-twins.js";
import {
  burstKillTwin,
  clockSkewTwin,
  cpuStarvationTwin,
  identityTwiceTwin,
  killTwin,
  memoryPressureTwin,
  restartTwin,
  wedgeTwin,
} from "./chaos-process-twins.js";
import type { ChaosTwin } from "./chaos-twin.js";

export const CHAOS_TWINS: readonly ChaosTwin[] = [
  killTwin,
  restartTwin,
  burstKillTwin,
  wedgeTwin,
  partitionPairTwin,
  partitionSubsetTwin,
  slowLinkTwin,
  lossyLinkTwin,
  flappingLinkTwin,
  natShiftTwin,
  inboundFirewallTwin,
  clockSkewTwin,
  memoryPressureTwin,
  cpuStarvationTwin,
  identityTwiceTwin,
];

/** Why a fault has no twin. */
export const WITHOUT_TWIN: Readonly<Record<string, string>> = {
  "disk-full":
    "the simulator has no disks; to the mesh it is a death, and a return under the same id (kill-node, restart-node)",
  "dns-gone": "the simulator has no names but ids: nothing in it asks a name server",
  "collector-gone": "the simulator exports no telemetry",
  "collector-hanging": "the simulator exports no telemetry",
};
