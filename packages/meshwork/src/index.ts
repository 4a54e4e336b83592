/**
 * The library's face: what a user of meshwork imports. The `mesh` command and the demo stand on it.
 *
 * @module meshwork
 */
export type * from "@meshwork/node";
export { NODE_VARIABLES, startNode, stopOnSignals, VERSION } from "@meshwork/node";
export { MESH_ERRORS, MeshError, type MeshErrorCode } from "@meshwork/protocol";
export { COMMAND_VARIABLES } from "./variables.js";
