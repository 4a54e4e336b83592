/**
 * The demo switch: starts and stops the traffic of every node that the console's directory lists, over the mesh, and of every
 * node that joins while it is on. Whether it is on is kept by the launcher, so that a console that was killed comes back to it.
 *
 * Owner: the console process; nothing here outlives its node.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { DemoSwitch } from "@meshwork/console";
import type { MeshNode } from "@meshwork/node";
import type { Link } from "@meshwork/supervisor/child";
import { eachWithin } from "./each-within.js";

/** What the launcher answers for the switch (up/launch.ts). */
export type SwitchOperations = {
  "demo-load": { params: undefined; result: { readonly running: boolean } };
  "demo-store": { params: { readonly running: boolean }; result: { readonly running: boolean } };
};

export interface SwitchMemory {
  load(): Promise<boolean>;
  store(running: boolean): Promise<void>;
}

/** The launcher's memory; without a launcher the process's own, which starts switched off. */
export function switchMemory(link: Pick<Link<SwitchOperations>, "call"> | undefined): SwitchMemory {
  return {
    load: async () => (await link?.call("demo-load", undefined))?.running ?? false,
    store: async (running) => {
      await link?.call("demo-store", { running });
    },
  };
}

const TIMEOUT_MS = 2_000;
const CONCURRENCY = 8;
const NEWCOMER_RETRIES_MS = [200, 1_000, 5_000] as const;

export async function createDemoSwitch(node: MeshNode, memory: SwitchMemory): Promise<DemoSwitch> {
  let running = await memory.load();

  /** A node that is gone, or has no demo, is no reason to leave the others as they are. False where it did not answer. */
  const tell = (id: string): Promise<boolean> =>
    node.request(id, running ? "demo.start" : "demo.stop", "", { timeoutMs: TIMEOUT_MS }).then(
      () => true,
      () => false,
    );
  /** A node is listed a moment before its handlers are registered. */
  const tellNewcomer = async (id: string): Promise<void> => {
    for (const waitMs of NEWCOMER_RETRIES_MS) {
      if (!running || (await tell(id))) return;
      await sleep(waitMs, undefined, { ref: false });
    }
  };
  const tellAll = () =>
    eachWithin(
      CONCURRENCY,
      node.directory.entries().filter((entry) => entry.id !== node.id),
      async (entry) => void (await tell(entry.id)),
    );

  node.directory.onChange((change) => {
    if (!running || change.kind === "lagged" || change.entry.id === node.id) return;
    const restarted = change.kind === "updated" && change.entry.record.generation !== change.previous.record.generation;
    if (change.kind === "joined" || restarted) void tellNewcomer(change.entry.id);
  });
  if (running) void tellAll();

  const set = async (next: boolean): Promise<void> => {
    running = next;
    await memory.store(next);
    await tellAll();
  };
  return { start: () => set(true), stop: () => set(false), running: () => running };
}
