/** What chaos has left undone when the console goes away is undone by the launcher, once, and only where nobody else has seen to it. */
import type { ChaosStand } from "@meshwork/chaos";
import type { Supervisor, SupervisorEvent } from "@meshwork/supervisor";
import { expect, test } from "vitest";
import { chaosKeeper } from "./chaos-keeper.js";

class FakeSupervisor {
  readonly states = new Map([
    ["n1", "ready"],
    ["n2", "ready"],
  ]);
  readonly done: string[] = [];
  #listener: (event: SupervisorEvent) => void = () => {};

  get(slot: string) {
    const state = this.states.get(slot);
    return state === undefined ? undefined : { name: `mesh1.broker.${slot}`, state };
  }

  on(listener: (event: SupervisorEvent) => void) {
    this.#listener = listener;
    return () => {};
  }

  consoleEnds(): void {
    this.#listener({ kind: "console-exited" } as SupervisorEvent);
  }

  async spawn() {
    this.states.set("n9", "ready");
    return { slot: "n9" };
  }

  async stop(slot: string) {
    this.#do("stop", slot, undefined);
  }

  async kill(slot: string, { keepData }: { readonly keepData: boolean }) {
    this.#do("kill", slot, keepData ? "exited" : undefined);
  }

  async restart(slot: string) {
    this.#do("restart", slot, "ready");
  }

  freeze(slot: string) {
    this.#do("freeze", slot, "frozen");
  }

  thaw(slot: string) {
    this.#do("thaw", slot, "ready");
  }

  #do(what: string, slot: string, state: string | undefined): void {
    if (!this.states.has(slot)) throw Object.assign(new Error(slot), { code: "MESH_E_NO_SUCH_NODE" });
    this.done.push(`${what} ${slot}`);
    if (state === undefined) this.states.delete(slot);
    else this.states.set(slot, state);
  }
}

/** What stands around the nodes. */
class FakeStand {
  readonly done: string[] = [];
  harmedSlots: readonly string[] = [];

  harmed() {
    return this.harmedSlots;
  }

  async undo() {
    this.done.push("undo");
    this.harmedSlots = [];
    return [];
  }

  release(): void {
    this.done.push("release");
  }
}

function keeper() {
  const supervisor = new FakeSupervisor();
  const stand = new FakeStand();
  const lines: string[] = [];
  const [asSupervisor, asStand] = [supervisor as unknown as Supervisor, stand as unknown as ChaosStand];
  const handlers = chaosKeeper(asSupervisor, asStand, (line) => lines.push(line));
  return { supervisor, stand, lines, handlers };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("the killed are started again with their identity, the frozen go on, and the next console is told", async () => {
  const { supervisor, lines, handlers } = keeper();
  await handlers["chaos-crash"]({ slot: "n1" });
  await handlers["chaos-freeze"]({ slot: "n2" });
  supervisor.consoleEnds();
  await settled();
  expect(supervisor.done).toEqual(["kill n1", "freeze n2", "restart n1", "thaw n2"]);
  expect(Object.fromEntries(supervisor.states)).toEqual({ n1: "ready", n2: "ready" });
  expect(lines).toHaveLength(2);
  expect([...(await handlers["chaos-paid"](undefined))].sort()).toEqual(["mesh1.broker.n1", "mesh1.broker.n2"]);
  // Once.
  supervisor.consoleEnds();
  await settled();
  expect(supervisor.done).toHaveLength(4);
  expect(await handlers["chaos-paid"](undefined)).toEqual([]);
});

test("what is done to hosts is undone first, guests are sent away, and both are told of once", async () => {
  const { supervisor, stand, handlers } = keeper();
  stand.harmedSlots = ["n1"];
  const slot = await handlers["chaos-spawn"]({ mesh: "mesh1", type: "broker" });
  await handlers["chaos-crash"]({ slot: "n2" });
  supervisor.consoleEnds();
  await settled();
  expect(stand.done).toEqual(["undo", "release"]);
  expect(supervisor.done).toEqual(["kill n2", `stop ${slot}`, "restart n2"]);
  const told = [...(await handlers["chaos-paid"](undefined))].sort();
  expect(told).toEqual(["mesh1.broker.n1", "mesh1.broker.n2", slot]);
});

test("the desk can ask for nothing that is not a fault's", async () => {
  const { handlers } = keeper();
  const refused = { code: "MESH_E_BAD_OPTION" };
  await expect(handlers["chaos-hands"]({ call: "shape", args: [] })).rejects.toMatchObject(refused);
  await expect(handlers["chaos-collector"]({ state: "rm" })).rejects.toMatchObject(refused);
  const environment = { slot: "n1", conditions: { env: { LD_PRELOAD: "/tmp/x.so" } } };
  await expect(handlers["chaos-settle"](environment)).rejects.toMatchObject(refused);
  await expect(handlers["chaos-twin"]({ slot: "n1" })).rejects.toMatchObject(refused);
});

test("what the desk has undone itself is no debt, nor what somebody else has seen to", async () => {
  const { supervisor, handlers } = keeper();
  await handlers["chaos-crash"]({ slot: "n1" });
  await handlers["chaos-restart"]({ slot: "n1" });
  await handlers["chaos-freeze"]({ slot: "n2" });
  await handlers["chaos-thaw"]({ slot: "n2" });
  await handlers["chaos-crash"]({ slot: "n1" });
  await supervisor.restart("n1");
  const before = supervisor.done.length;
  supervisor.consoleEnds();
  await settled();
  expect(supervisor.done).toHaveLength(before);
  expect(await handlers["chaos-paid"](undefined)).toEqual([]);
});

test("what is no node of the supervisor's is refused, and leaves no debt", async () => {
  const { supervisor, handlers } = keeper();
  for (const params of [{ slot: "console" }, {}, null])
    for (const operation of ["chaos-crash", "chaos-restart", "chaos-freeze", "chaos-thaw"] as const)
      await expect(handlers[operation](params)).rejects.toMatchObject({ code: "MESH_E_NO_SUCH_NODE" });
  supervisor.consoleEnds();
  await settled();
  expect(supervisor.done).toEqual([]);
});
