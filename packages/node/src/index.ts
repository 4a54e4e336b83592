/**
 * @module @meshwork/node: a node of a mesh. `meshwork` re-exports this; users import from there.
 */
export { type BootHooks, type BootStepName, bootNode } from "./boot.js";
export { makeDirectory } from "./make-directory.js";
export type { NodeProfile, ProfileWindow } from "./profile-types.js";
export { startNode, stopOnSignals } from "./start-node.js";
export type { ThreadShare } from "./thread-shares.js";
export * from "./types.js";
export { NODE_VARIABLES, type NodeVariable } from "./variables.js";
export { VERSION } from "./version.js";
