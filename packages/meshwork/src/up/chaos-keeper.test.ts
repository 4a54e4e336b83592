/** What chaos has left undone when the console goes away is undone by the launcher, once, and only where nobody else has seen to it. */
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

function keeper() {
  const supervisor = new FakeSupervisor();
  const lines: string[] = [];
  const handlers = chaosKeeper(supervisor as unknown as Supervisor, (line) => lines.push(line));
  return { supervisor, lines, handlers };
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
