/** Entry of a node process of `mesh up --chaos`: that of `mesh up`, with senses for the judge beside the node. */
import { serveSenses } from "@meshwork/chaos";
import { runNode } from "./process/run-node.js";

await runNode(serveSenses);
