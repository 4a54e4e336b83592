/**
 * @module meshwork/chaos: faults on running nodes, judged by what the other nodes know, in a network lab of its own (docs/chaos.md).
 */
export type { FaultCard } from "./attached/applicable.js";
export { ChaosDesk, type ChaosEvent } from "./attached/desk.js";
export { chaosDirectory, makeChaosDirectory } from "./attached/places.js";
export type { Processes, RunningProcess } from "./attached/processes.js";
export type { RunView } from "./attached/run.js";
export { serveSenses } from "./attached/senses-server.js";
export { Cluster, type ClusterOptions } from "./cluster/cluster.js";
export type { ClusterNode } from "./cluster/cluster-node.js";
export type { Fault, FaultRun, Stage } from "./faults/fault.js";
export { FAULTS, faultNamed } from "./faults/index.js";
export type { Waits } from "./judge/figures.js";
export { type ChaosSpan, type JudgeOptions, judge, type Verdict } from "./judge/judge.js";
export { runChaos, type SessionOptions, type SessionReport } from "./judge/session.js";
export { pickTargets } from "./judge/targets.js";
export { ABILITIES, type Abilities, type Ability, type AbilityReport, probeAbilities } from "./lab/abilities.js";
export type { LabHost } from "./lab/host.js";
export { Lab, type LabOptions } from "./lab/lab.js";
export { isLeftOver, isOwned, type LedgerState, readLedgers } from "./lab/ledger.js";
export { removeLab, removeLeftOvers } from "./lab/remove-lab.js";
export type { LinkShape } from "./lab/shape.js";
export { type StartTests, TestDesk, type TestMessage, type TestProcess } from "./mesh-tests/desk.js";
export { MESH_TESTS } from "./mesh-tests/index.js";
export type { MeshTest, TestStage } from "./mesh-tests/mesh-test.js";
export { runMeshTests, type TestResult, type TestRunOptions } from "./mesh-tests/run.js";
export type { SoakCluster, SoakNode } from "./soak/cluster.js";
export { PROCESS_FAULTS, type SoakFault } from "./soak/faults.js";
export { renderReport } from "./soak/html/page.js";
export { serveNodeProbe } from "./soak/probe/node-probe.js";
export { serveProcessProbe } from "./soak/probe/process-probe.js";
export { probeDirectory } from "./soak/probe/protocol.js";
export { buildReport, type SoakReport } from "./soak/report.js";
export { makePlaces } from "./soak/schedule.js";
export { runSoak } from "./soak/soak.js";
export { loadState, newSoakState, type SoakState, saveState } from "./soak/state.js";
export { buildVirtualReport, type VirtualSoakReport } from "./soak/virtual/report.js";
export { type FinishedVirtualSoak, runVirtualSoak } from "./soak/virtual/run.js";
