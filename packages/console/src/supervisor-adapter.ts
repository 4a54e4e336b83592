/** The supervisor behind its link (IPC of the console process) as the console's own `SupervisorClient`. */
import type { Link, ManagedNode, SupervisorOperations } from "@meshwork/supervisor";
import type { ActionOutcome, ProcessAction, SupervisedProcess, SupervisorClient } from "./supervisor-client.js";

/** A spawn waits for the boots of all its nodes, some of them queued. */
const SPAWN_TIMEOUT_MS = 60_000;

function processOf(node: ManagedNode): SupervisedProcess {
  const { exit } = node;
  const failure =
    node.state !== "exited" || exit === undefined
      ? null
      : exit.signal === null
        ? `exited with code ${exit.code}`
        : `ended by ${exit.signal}`;
  return {
    key: node.slot,
    pid: node.pid ?? null,
    state: node.state,
    mesh: node.mesh,
    type: node.type,
    id: node.id ?? null,
    name: node.name ?? null,
    bootMs: node.bootMs ?? null,
    bootTraceId: node.bootTraceId ?? null,
    lastStep: node.lastStep ?? null,
    shared: node.shared,
    cpuBudgetCores: node.cpuBudgetCores ?? null,
    ramBudgetBytes: node.ramBudgetBytes ?? null,
    failure,
  };
}

/** `link` is what `connectSupervisor()` gives. The listeners end with the link. */
export function supervisorClientOf(link: Pick<Link<SupervisorOperations>, "call" | "onAnnounce">): SupervisorClient {
  const pidOf = async (key: string): Promise<number | null> => {
    const nodes = await link.call("list", undefined);
    return nodes.find((node) => node.slot === key)?.pid ?? null;
  };
  const act = async (key: string, action: ProcessAction): Promise<ActionOutcome> => {
    const params = { name: key };
    if (action === "stop") {
      const outcome = await link.call("stop", params);
      return { result: outcome === "already-gone" ? "already" : "done", pid: null };
    }
    if (action === "kill") await link.call("kill", params);
    else if (action === "freeze") await link.call("freeze", params);
    else if (action === "thaw") await link.call("thaw", params);
    else return { result: "done", pid: (await link.call("restart", params)).pid };
    return { result: "done", pid: action === "kill" ? null : await pidOf(key) };
  };
  return {
    list: async () => (await link.call("list", undefined)).map(processOf),
    spawn: async (order) => {
      const { spawned, failed } = await link.call("spawn", order, { timeoutMs: SPAWN_TIMEOUT_MS });
      return { spawned: spawned.map(processOf), failed };
    },
    act,
    onChange: (listener) =>
      link.onAnnounce((event) => {
        if (event === "supervisor") listener();
      }),
  };
}
