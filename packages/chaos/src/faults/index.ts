/** All faults, by name and in the order in which `--all` runs them. */
import { MeshError } from "@meshwork/protocol";
import type { Fault } from "./fault.js";
import { flappingLink, lossyLink, partitionPair, partitionSubset, slowLink } from "./links.js";
import { collectorGone, collectorHanging, dnsGone, identityTwice, inboundFirewall, natShift } from "./network.js";
import { burstKill, killNode, restartNode, wedgeNode } from "./processes.js";
import { clockSkew, cpuStarvation, diskFull, memoryPressure } from "./resources.js";

export const faults = {
  killNode,
  restartNode,
  burstKill,
  wedgeNode,
  partitionPair,
  partitionSubset,
  slowLink,
  lossyLink,
  flappingLink,
  natShift,
  inboundFirewall,
  diskFull,
  clockSkew,
  dnsGone,
  collectorGone,
  collectorHanging,
  memoryPressure,
  cpuStarvation,
  identityTwice,
} as const satisfies Record<string, Fault>;

export const FAULTS: readonly Fault[] = Object.values(faults);

/** Throws MESH_E_NO_SUCH_FAULT. */
export function faultNamed(name: string): Fault {
  const fault = FAULTS.find((candidate) => candidate.name === name);
  if (fault === undefined) throw new MeshError("MESH_E_NO_SUCH_FAULT", name);
  return fault;
}
