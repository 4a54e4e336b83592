/** Entry of an agent: a process with one node in it, steered over IPC (agent-protocol.ts). Ends with its parent. */
import { join } from "node:path";
import { type MeshNode, startNode } from "@meshwork/node";
import {
  type AgentInput,
  type AgentMessage,
  type AgentOutput,
  type AgentRequest,
  NOTES_FILE,
} from "./agent-protocol.js";
import { Senses } from "./senses.js";

let node: MeshNode | undefined;
let senses: Senses | undefined;

async function start({ options }: AgentInput<"start">): Promise<AgentOutput<"start">> {
  const started = await startNode(options);
  node = started;
  senses = new Senses(started, join(options.dataDir ?? ".", NOTES_FILE));
  senses.open(post);
  const { id, name, mesh, type, seed, bootMs } = started;
  return { id, name, mesh, type, seed, bootMs };
}

async function close({ reason }: AgentInput<"close">): Promise<AgentOutput<"close">> {
  await node?.close(reason);
  return {};
}

async function answer(request: AgentRequest): Promise<void> {
  const { call, kind, input } = request;
  try {
    if (kind === "start") post({ kind: "answer", call, value: await start(input as AgentInput<"start">) });
    else if (kind === "close") post({ kind: "answer", call, value: await close(input as AgentInput<"close">) });
    else if (senses === undefined) throw new Error("the node has not been started");
    else await senses.answer(request);
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    post({ kind: "error", call, code: typeof code === "string" ? code : "MESH_E_AGENT", message: String(message) });
  }
}

function post(message: AgentMessage): void {
  if (process.connected) process.send?.(message);
}

process.on("message", (request: AgentRequest) => void answer(request));
process.on("disconnect", () => process.exit(0));
process.on("SIGTERM", () => {
  void (node?.close("SIGTERM") ?? Promise.resolve()).then(() => process.exit(0));
});
post({ kind: "up" });
