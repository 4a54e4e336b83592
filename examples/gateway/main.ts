/** A gateway: produces to brokers, its own mesh's and those it observes, and has computes run. Options come from .env.dev and MESH_* (docs/how-to/configuration.md). */
import { startNode, stopOnSignals } from "meshwork";
import { behave } from "meshwork/demo";

const node = await startNode();
behave(node);
stopOnSignals(node);
console.log(`${node.name} is ready; join it with MESH_SEED_NODES=${node.seed}`);
