/**
 * Entry of a node process that the supervisor starts: one node, options from the environment, with the demo's behaviour of its
 * type. Its traffic waits until the console's demo switch says so, over the mesh. It has no HTTP server and no other door.
 */
import { runNode } from "./process/run-node.js";

await runNode();
