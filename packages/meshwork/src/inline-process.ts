/**
 * Entry of the process that hosts all nodes of `mesh up --inline`: adds and removes nodes as the supervisor says. What a
 * process has only once (CPU, memory, event loop) is reported for the process and left blank for each node.
 *
 * `nodes` holds one entry per slot from its `add` to its `stopped` or `failed`; bounded by the supervisor's pool.
 */
import { bootNode, type MeshNode } from "@meshwork/node";
import { connectParent, type InlineNodeOptions } from "@meshwork/supervisor/child";
import { behave } from "./demo/index.js";
import { onEnd, printError } from "./process/ending.js";

const nodes = new Map<string, Promise<MeshNode>>();
const parent = connectParent();
const ending = onEnd(async (reason) => {
  const closing = [...nodes.values()].map(async (starting) => (await starting).close(reason));
  await Promise.allSettled(closing);
});

if (parent === undefined) {
  process.stderr.write("this program is started by `mesh up --inline`\n");
  process.exit(2);
}

parent.onMessage((message) => {
  if (message.kind === "stop") ending.ask(message.reason);
  else if (message.kind === "add") void add(message.slot, message.options);
  else void remove(message.slot, message.reason);
});

async function add(slot: string, options: InlineNodeOptions): Promise<void> {
  if (ending.asked || nodes.has(slot)) return;
  let step: string | undefined;
  const onStep = (name: string) => {
    step = `mesh.boot.${name}`;
    parent?.step(step, slot);
  };
  const starting = bootNode({ ...options, sharedProcess: true }, { onStep });
  nodes.set(slot, starting);
  try {
    const node = await starting;
    behave(node, { traffic: false });
    await parent?.ready(node, slot);
  } catch (error) {
    nodes.delete(slot);
    printError(error);
    await parent?.failed(error, step, slot);
  }
}

async function remove(slot: string, reason: string): Promise<void> {
  const starting = nodes.get(slot);
  if (starting === undefined) return;
  const node = await starting.catch(() => undefined);
  await node?.close(reason);
  nodes.delete(slot);
  await parent?.stopped(slot);
}
