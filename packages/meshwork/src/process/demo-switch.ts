/**
 * The demo switch: starts and stops the traffic of every node that the console's directory lists, over the mesh, and of every
 * node that joins while it is on. Whether it is on is kept by the launcher, so that a console that was killed comes back to it.
 *
 * Owner: the console process; nothing here outlives its node.
 */
import type { DemoSwitch } from "@meshwork/console";
import type { MeshNode } from "@meshwork/node";
import { eachWithin } from "./each-within.js";

export interface SwitchMemory {
  load(): Promise<boolean>;
  store(running: boolean): Promise<void>;
}

const TIMEOUT_MS = 2_000;
const CONCURRENCY = 8;

export async function createDemoSwitch(node: MeshNode, memory: SwitchMemory): Promise<DemoSwitch> {
  let running = await memory.load();

  /** A node that is gone, or has no demo, is no reason to leave the others as they are. */
  const tell = async (id: string): Promise<void> => {
    await node.request(id, running ? "demo.start" : "demo.stop", "", { timeoutMs: TIMEOUT_MS }).catch(() => undefined);
  };
  const tellAll = () =>
    eachWithin(
      CONCURRENCY,
      node.directory.entries().filter((entry) => entry.id !== node.id),
      (entry) => tell(entry.id),
    );

  node.directory.onChange((change) => {
    if (!running || change.kind === "lagged" || change.entry.id === node.id) return;
    const restarted = change.kind === "updated" && change.entry.record.generation !== change.previous.record.generation;
    if (change.kind === "joined" || restarted) void tell(change.entry.id);
  });
  if (running) void tellAll();

  const set = async (next: boolean): Promise<void> => {
    running = next;
    await memory.store(next);
    await tellAll();
  };
  return { start: () => set(true), stop: () => set(false), running: () => running };
}
