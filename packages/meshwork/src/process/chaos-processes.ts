/**
 * The cluster's processes and what stands around them, as the console's chaos desk needs them: listed by the supervisor, struck by the
 * launcher (up/chaos-keeper.ts).
 */
import {
  type Abilities,
  type ChaosSpan,
  type CollectorState,
  type Conditions,
  type Grounds,
  type LabHost,
  type Processes,
  remoteHands,
} from "@meshwork/chaos";
import type { Link, SupervisorOperations } from "@meshwork/supervisor/child";
import type { Telemetry } from "@meshwork/telemetry";

interface OnSlot<Result> {
  params: { readonly slot: string };
  result: Result;
}

/** What the launcher of `mesh up --chaos` answers; no other does. */
export type ChaosOperations = {
  "chaos-crash": OnSlot<null>;
  "chaos-restart": OnSlot<null>;
  "chaos-freeze": OnSlot<null>;
  "chaos-thaw": OnSlot<null>;
  /** Whose harm the launcher undid since it was asked last, by name, because the console had gone away. */
  "chaos-paid": { params: undefined; result: readonly string[] };
  /** `abilities` of the lab; null without one. */
  "chaos-grounds": {
    params: undefined;
    result: { readonly abilities: Abilities | null; readonly obstacles: Readonly<Record<string, string>> };
  };
  /** By slot, the console's among them. */
  "chaos-hosts": { params: undefined; result: Readonly<Record<string, LabHost>> };
  /** What is done to the lab, by name. */
  "chaos-hands": { params: { readonly call: string; readonly args: readonly unknown[] }; result: unknown };
  "chaos-collector": { params: { readonly state: CollectorState }; result: null };
  "chaos-spawn": { params: { readonly mesh: string; readonly type: string }; result: string };
  "chaos-dismiss": OnSlot<null>;
  "chaos-settle": { params: { readonly slot: string; readonly conditions: Conditions }; result: null };
  "chaos-release": { params: undefined; result: null };
  "chaos-twin": OnSlot<null>;
  "chaos-twin-failure": { params: undefined; result: string | null };
  "chaos-twin-end": { params: undefined; result: null };
};

type ChaosLink = Link<SupervisorOperations & ChaosOperations>;

/** A boot after an orderly end; on a machine that has much else to do. */
const START_TIMEOUT_MS = 40_000;
/** A delay on all links of a node opens a device on each host first. */
const HANDS_TIMEOUT_MS = 60_000;

export function chaosProcesses(link: ChaosLink): Processes {
  const on =
    (operation: "chaos-crash" | "chaos-restart" | "chaos-freeze" | "chaos-thaw") =>
    async (slot: string): Promise<void> => {
      await link.call(operation, { slot }, { timeoutMs: START_TIMEOUT_MS });
    };
  return {
    list: () => link.call("list", undefined),
    crash: on("chaos-crash"),
    restart: on("chaos-restart"),
    freeze: on("chaos-freeze"),
    thaw: on("chaos-thaw"),
  };
}

export async function chaosGrounds(link: ChaosLink): Promise<Grounds> {
  const { abilities, obstacles } = await link.call("chaos-grounds", undefined);
  const slow = { timeoutMs: START_TIMEOUT_MS };
  const hands = remoteHands((call, args) => link.call("chaos-hands", { call, args }, { timeoutMs: HANDS_TIMEOUT_MS }));
  const done = async (call: Promise<null>) => {
    await call;
  };
  return {
    obstacles,
    lab: abilities === null ? undefined : { abilities, hands, hosts: () => link.call("chaos-hosts", undefined) },
    setCollector: (state) => done(link.call("chaos-collector", { state })),
    spawn: (mesh, type) => link.call("chaos-spawn", { mesh, type }, slow),
    dismiss: (slot) => done(link.call("chaos-dismiss", { slot })),
    settle: (slot, conditions) => done(link.call("chaos-settle", { slot, conditions }, slow)),
    release: () => done(link.call("chaos-release", undefined)),
    twin: async (slot) => {
      await link.call("chaos-twin", { slot }, slow);
      return {
        failure: async () => (await link.call("chaos-twin-failure", undefined)) ?? undefined,
        end: () => done(link.call("chaos-twin-end", undefined)),
      };
    },
  };
}

/** `mesh.chaos.injected`, `…detected` and `…reverted` of one fault are one trace: the second and third under the first. */
export function chaosSpans(telemetry: Pick<Telemetry, "startSpan" | "inject" | "extract">): ChaosSpan {
  let headers: ReturnType<Telemetry["inject"]> = {};
  return async (name, { fault, targets }, work) => {
    const attributes = { "mesh.chaos.fault": fault, "mesh.chaos.targets": [...targets] };
    // Not under the request that began the run, which is over.
    const parent = telemetry.extract(name === "injected" ? {} : headers);
    const span = telemetry.startSpan(`mesh.chaos.${name}`, { attributes }, parent);
    if (name === "injected") headers = telemetry.inject(span);
    try {
      return await work();
    } catch (error) {
      span.setStatus({ code: 2, message: String((error as Error).message).slice(0, 512) });
      throw error;
    } finally {
      span.end();
    }
  };
}
