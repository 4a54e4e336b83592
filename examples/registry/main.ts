/** A registry: says what a record looks like. Options come from .env.dev and MESH_* (docs/how-to/configuration.md). */
import { startNode, stopOnSignals } from "meshwork";
import { behave } from "meshwork/demo";

const node = await startNode();
behave(node);
stopOnSignals(node);
console.log(`${node.name} is ready; join it with MESH_SEED_NODES=${node.seed}`);
