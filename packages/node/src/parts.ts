/**
 * `@meshwork/node/parts`: pieces of a node for who stands in for nodes on their own wire (the synthetic members of `mesh up --synthetic`).
 * No part of the library's face.
 */
export { createHash, type Hash, type MeshTopic, meshTopics } from "./meshes.js";
export { StatsServer } from "./stats-server.js";
