/**
 * The launcher's part of chaos: it does to the node processes what the console's chaos desk asks for, and undoes what is left undone when
 * the console goes away. Only nodes: neither the console nor the launcher is in the supervisor's list.
 *
 * Owner: `mesh up --chaos`. One debt per node that is down or frozen because of chaos; paid by the desk, else when the console's process
 * ends, and void when the cluster stops.
 */
import type { Supervisor } from "@meshwork/supervisor";
import type { ChaosOperations } from "../process/chaos-processes.js";

type Debt = "restart" | "thaw";

export function chaosKeeper(supervisor: Supervisor, log: (line: string) => void) {
  const debts = new Map<string, Debt>();
  let paid: string[] = [];

  const pay = async (slot: string, debt: Debt): Promise<void> => {
    const { name = slot, state } = supervisor.get(slot) ?? {};
    // Somebody else may have seen to it.
    if (debt === "thaw" && state === "frozen") supervisor.thaw(slot);
    else if (debt === "restart" && state === "exited") await supervisor.restart(slot);
    else return;
    paid.push(name);
    log(`chaos: the console went away; ${name} ${debt === "thaw" ? "goes on" : "is started again"}`);
  };

  /** The debt stands before anything is done; what is refused leaves none. */
  const owing = async (slot: string, debt: Debt, harm: () => Promise<void> | void): Promise<void> => {
    debts.set(slot, debt);
    try {
      await harm();
    } catch (error) {
      debts.delete(slot);
      throw error;
    }
  };

  supervisor.on((event) => {
    if (event.kind !== "console-exited") return;
    const open = [...debts];
    debts.clear();
    for (const [slot, debt] of open)
      pay(slot, debt).catch((error: Error) => log(`chaos: ${slot} is not as it was: ${error.message}`));
  });

  const handlers: {
    readonly [K in keyof ChaosOperations]: (params: unknown) => Promise<ChaosOperations[K]["result"]>;
  } = {
    "chaos-crash": async (params) => {
      const slot = slotOf(params);
      await owing(slot, "restart", () => supervisor.kill(slot, { keepData: true }));
      return null;
    },
    "chaos-restart": async (params) => {
      const slot = slotOf(params);
      await supervisor.restart(slot);
      debts.delete(slot);
      return null;
    },
    "chaos-freeze": async (params) => {
      const slot = slotOf(params);
      await owing(slot, "thaw", () => supervisor.freeze(slot));
      return null;
    },
    "chaos-thaw": async (params) => {
      const slot = slotOf(params);
      supervisor.thaw(slot);
      debts.delete(slot);
      return null;
    },
    "chaos-paid": async () => {
      const names = paid;
      paid = [];
      return names;
    },
  };
  return handlers;
}

/** The supervisor refuses what is no reference. */
function slotOf(params: unknown): string {
  return (params as { readonly slot?: unknown } | null)?.slot as string;
}
