/**
 * Entry of a node process that the supervisor starts: one node, options from the environment, with the demo's behaviour of its
 * type. Its traffic waits until the console's demo switch says so, over the mesh. It has no HTTP server and no other door.
 */
import { bootNode, type MeshNode } from "@meshwork/node";
import { connectParent } from "@meshwork/supervisor/child";
import { behave } from "./demo/index.js";
import { endWithNode, onEnd, printError } from "./process/ending.js";

let node: MeshNode | undefined;
let step: string | undefined;
const parent = connectParent();
const ending = onEnd(async (reason) => node?.close(reason));
parent?.onMessage((message) => {
  if (message.kind === "stop") ending.ask(message.reason);
});

try {
  node = await bootNode(
    {},
    {
      onStep: (name) => {
        step = `mesh.boot.${name}`;
        parent?.step(step);
      },
    },
  );
  void endWithNode(node);
  behave(node, { traffic: false });
  if (ending.asked) await node.close("stopped while booting");
  else await parent?.ready(node);
} catch (error) {
  printError(error);
  await parent?.failed(error, step);
  process.exit(1);
}
