/**
 * Runs the one node of a process that the supervisor started: options from the environment, the demo's behaviour of its type, the life
 * cycle as the supervisor wants it. `attach` may add to the node before it is called ready.
 */
import { bootNode, type MeshNode } from "@meshwork/node";
import { connectParent } from "@meshwork/supervisor/child";
import { behave } from "../demo/index.js";
import { endWithNode, onEnd, printError } from "./ending.js";

export async function runNode(attach: (node: MeshNode) => Promise<void> = async () => {}): Promise<void> {
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
    await attach(node);
    if (ending.asked) await node.close("stopped while booting");
    else await parent?.ready(node);
  } catch (error) {
    printError(error);
    await parent?.failed(error, step);
    process.exit(1);
  }
}
