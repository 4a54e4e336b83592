/** Entry of a node process under a soak: that of `mesh up`, with the soak's probe beside the node. */
import { serveNodeProbe } from "@meshwork/chaos";
import { runNode } from "./process/run-node.js";

await runNode(serveNodeProbe);
