/** The cluster's processes as the console's chaos desk needs them: listed by the supervisor, struck by the launcher (up/chaos-keeper.ts). */
import type { ChaosSpan, Processes } from "@meshwork/chaos";
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
};

export function chaosProcesses(link: Link<SupervisorOperations & ChaosOperations>): Processes {
  const on = (operation: Exclude<keyof ChaosOperations, "chaos-paid">) => async (slot: string) => {
    await link.call(operation, { slot });
  };
  return {
    list: () => link.call("list", undefined),
    crash: on("chaos-crash"),
    restart: on("chaos-restart"),
    freeze: on("chaos-freeze"),
    thaw: on("chaos-thaw"),
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
