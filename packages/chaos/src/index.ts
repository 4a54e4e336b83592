/**
 * @module meshwork/chaos: faults on running nodes, judged by what the other nodes know, in a network lab of its own (docs/chaos.md).
 */
export { ABILITIES, type Abilities, type Ability, type AbilityReport, probeAbilities } from "./lab/abilities.js";
export type { LabHost } from "./lab/host.js";
export { Lab, type LabOptions } from "./lab/lab.js";
export { isLeftOver, type LedgerState, readLedgers } from "./lab/ledger.js";
export { removeLab, removeLeftOvers } from "./lab/remove-lab.js";
export type { LinkShape } from "./lab/shape.js";
