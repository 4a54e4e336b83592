/**
 * What happens to processes, as events: the difference between two lists of the supervisor. Owner: LiveState. Holds the last list, which
 * the supervisor bounds.
 */
import type { SupervisedProcess } from "../supervisor-client.js";
import type { EventInput, EventLog } from "./event-log.js";

type Told = Pick<EventInput, "kind" | "severity"> & { readonly what: string };

export class ProcessEvents {
  readonly #events: EventLog;
  #byKey: ReadonlyMap<string, SupervisedProcess> | undefined;

  constructor(events: EventLog) {
    this.#events = events;
  }

  /** The first list tells of nothing: those processes were there before. */
  listed(list: readonly SupervisedProcess[]): void {
    const before = this.#byKey;
    this.#byKey = new Map(list.map((process) => [process.key, process]));
    if (before === undefined) return;
    for (const process of list) {
      const { name, key, mesh, type } = process;
      for (const { what, ...event } of changesOf(before.get(key), process))
        this.#events.add({ ...event, node: name, mesh, message: `${name ?? `${mesh}.${type} (${key})`}: ${what}` });
    }
  }
}

function changesOf(before: SupervisedProcess | undefined, after: SupervisedProcess): Told[] {
  const { pid, state, failure } = after;
  const told: Told[] = [];
  const another = pid !== null && pid !== before?.pid;
  if (another) told.push({ kind: "process.started", severity: "info", what: `process ${pid} started` });
  if (state === before?.state && !another) return told;
  if (state === "exited" && before?.state !== "exited") {
    const which = `process ${before?.pid ?? pid ?? ""}`.trimEnd();
    if (failure === null) told.push({ kind: "process.exited", severity: "info", what: `${which} exited` });
    else told.push({ kind: "process.exited", severity: "warn", what: `${which} exited: ${failure}` });
  }
  if (state === "frozen") told.push({ kind: "process.frozen", severity: "warn", what: `process ${pid} frozen` });
  if (before?.state === "frozen" && state !== "frozen" && state !== "exited")
    told.push({ kind: "process.thawed", severity: "info", what: `process ${pid} thawed` });
  return told;
}
