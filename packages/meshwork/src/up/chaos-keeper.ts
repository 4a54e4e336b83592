/**
 * The launcher's part of chaos: it does to the node processes, and to what stands around them, what the console's chaos desk asks for, and
 * undoes what is left undone when the console goes away. Only nodes: neither the console nor the launcher is in the supervisor's list.
 *
 * Owner: `mesh up --chaos`. One debt per node that is down, frozen or a guest because of chaos; paid by the desk, else when the console's
 * process ends, and void when the cluster stops.
 */
import { type ChaosStand, callHands } from "@meshwork/chaos";
import { MeshError } from "@meshwork/protocol";
import type { Supervisor, SupervisorEvent } from "@meshwork/supervisor";
import type { ChaosOperations } from "../process/chaos-processes.js";
import { budgetOf } from "./budgets.js";

type Debt = "restart" | "thaw" | "dismiss";

const TWIN_SEEDS = 4;

type Handlers = {
  readonly [K in keyof ChaosOperations]: (params: unknown) => Promise<ChaosOperations[K]["result"]>;
};

export function chaosKeeper(supervisor: Supervisor, stand: ChaosStand, log: (line: string) => void): Handlers {
  const debts = new Map<string, Debt>();
  let paid: string[] = [];
  /** What is done to the lab is done one after the other: so is undoing it. */
  let atHand: Promise<unknown> = Promise.resolve();
  /** Consoles that have gone away. */
  let consoles = 0;

  const tell = (slot: string, what: string): void => {
    const { name = slot } = supervisor.get(slot) ?? {};
    paid.push(name);
    log(`chaos: the console went away; ${name} ${what}`);
  };

  const pay = async (slot: string, debt: Debt): Promise<void> => {
    const { state } = supervisor.get(slot) ?? {};
    // Somebody else may have seen to it.
    if (debt === "thaw" && state === "frozen") supervisor.thaw(slot);
    else if (debt === "restart" && state === "exited") await supervisor.restart(slot);
    else if (debt === "dismiss" && state !== undefined) await supervisor.stop(slot, "chaos");
    else return;
    tell(slot, PAID[debt]);
  };

  const payAll = async (): Promise<void> => {
    const open = [...debts];
    debts.clear();
    await atHand.catch(() => {});
    const harmed = stand.harmed().filter((slot) => !open.some(([owed]) => owed === slot));
    for (const problem of await stand.undo()) log(`chaos: not undone: ${problem}`);
    for (const slot of harmed) tell(slot, "is as it was");
    const paying = open.map(([slot, debt]) =>
      pay(slot, debt).catch((error: Error) => log(`chaos: ${slot} is not as it was: ${error.message}`)),
    );
    await Promise.all(paying);
    stand.release();
  };

  /** The debt stands before anything is done; what is refused leaves none. */
  const owing = async (slot: string, debt: Debt, harm: () => Promise<void>): Promise<void> => {
    debts.set(slot, debt);
    try {
      await harm();
    } catch (error) {
      debts.delete(slot);
      throw error;
    }
  };

  /** With the code that the node itself ended its start with. */
  const start = async (slot: string): Promise<void> => {
    try {
      await supervisor.restart(slot);
    } catch (error) {
      const { child } = error as { child?: { readonly code: string } };
      throw child === undefined ? error : Object.assign(new Error((error as Error).message), { code: child.code });
    }
  };

  supervisor.on((event: SupervisorEvent) => {
    if (event.kind === "console-exited") {
      consoles += 1;
      void payAll();
    } else if (event.kind === "removed")
      stand.vacate(event.node.slot).catch((error: Error) => log(`chaos: its host: ${error.message}`));
  });

  return {
    "chaos-crash": async (params) => {
      const slot = slotOf(params);
      await owing(slot, "restart", () => supervisor.kill(slot, { keepData: true }));
      return null;
    },
    "chaos-restart": async (params) => {
      const slot = slotOf(params);
      await start(slot);
      debts.delete(slot);
      return null;
    },
    "chaos-freeze": async (params) => {
      const slot = slotOf(params);
      await owing(slot, "thaw", async () => supervisor.freeze(slot));
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
    "chaos-grounds": async () => ({ abilities: stand.lab?.abilities ?? null, obstacles: stand.obstacles }),
    "chaos-hosts": async () => stand.hosts(),
    "chaos-hands": async (params) => {
      const { call, args } = fieldsOf(params);
      if (stand.hands === undefined) throw badOption("this cluster has no lab");
      // It ends the node: whose place it was is started again.
      const slot = call === "limitMemory" && Array.isArray(args) ? stand.slotOn(args[0]) : undefined;
      if (slot !== undefined) debts.set(slot, "restart");
      const { hands } = stand;
      const done = atHand.catch(() => {}).then(() => callHands(hands, call, args));
      atHand = done;
      return done;
    },
    "chaos-collector": async (params) => {
      const { state } = fieldsOf(params);
      if (state !== "ok" && state !== "gone" && state !== "hanging") throw badOption(`collector: ${state}`);
      await stand.setCollector(state);
      return null;
    },
    "chaos-spawn": async (params) => {
      const { mesh, type } = fieldsOf(params) as { mesh: string; type: string };
      const before = consoles;
      const { slot } = await supervisor.spawn({ mesh, type, ...budgetOf(type) });
      // Whoever asked for it may be gone: nobody else would send it away.
      if (consoles === before) debts.set(slot, "dismiss");
      else await supervisor.stop(slot, "chaos");
      return slot;
    },
    "chaos-dismiss": async (params) => {
      const slot = slotOf(params);
      await supervisor.stop(slot, "chaos");
      debts.delete(slot);
      return null;
    },
    "chaos-settle": async (params) => {
      const slot = slotOf(params);
      const { conditions } = fieldsOf(params);
      if (conditions !== "small-disk" && conditions !== "own-clock") throw badOption(`conditions: ${conditions}`);
      stand.settle(slot, conditions);
      debts.set(slot, "restart");
      try {
        await start(slot);
      } catch (error) {
        stand.release();
        await start(slot);
        throw error;
      } finally {
        debts.delete(slot);
      }
      return null;
    },
    "chaos-release": async () => {
      stand.release();
      return null;
    },
    "chaos-twin": async (params) => {
      const { id, mesh, type, observes, slot } = supervisor.get(slotOf(params)) ?? {};
      if (id === undefined || mesh === undefined || type === undefined || observes === undefined || slot === undefined)
        throw badOption("there is no such node");
      const seeds = [mesh, ...observes].flatMap((of) => supervisor.seeds(of, TWIN_SEEDS));
      await stand.startTwin({
        ...{ id, mesh, type, observes, slot },
        // It would find out by its own first words.
        seeds: seeds.filter((seed) => !seed.startsWith(`${id}@`)),
      });
      return null;
    },
    "chaos-twin-failure": async () => (await stand.twinFailure()) ?? null,
    "chaos-twin-end": async () => {
      await stand.endTwin();
      return null;
    },
  };
}

const PAID: Readonly<Record<Debt, string>> = {
  thaw: "goes on",
  restart: "is started again",
  dismiss: "is stopped again",
};

function fieldsOf(params: unknown): Readonly<Record<string, unknown>> {
  return (params ?? {}) as Readonly<Record<string, unknown>>;
}

/** The supervisor refuses what is no reference. */
function slotOf(params: unknown): string {
  return fieldsOf(params).slot as string;
}

function badOption(message: string): Error {
  return new MeshError("MESH_E_BAD_OPTION", message);
}
