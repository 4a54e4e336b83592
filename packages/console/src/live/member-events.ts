/**
 * What happens to members, as events: the changes of the console's own directory, and what other nodes say of whom they suspect.
 * Owner: LiveState. Holds nothing; the log is bounded.
 */
import type { DirectoryChange, DirectoryEntry } from "@meshwork/node";
import type { EventInput, EventLog } from "./event-log.js";
import { isDeparted, type NodeRow } from "./node-row.js";

type EntryChange = Exclude<DirectoryChange, { readonly kind: "lagged" }>;
type Told = Pick<EventInput, "severity" | "message" | "by"> & { readonly kind?: string };

export class MemberEvents {
  readonly #events: EventLog;
  readonly #selfName: string;
  readonly #rowOf: (id: string) => NodeRow | undefined;

  /** `rowOf`: a member's row as it was before the change. */
  constructor(events: EventLog, selfName: string, rowOf: (id: string) => NodeRow | undefined) {
    this.#events = events;
    this.#selfName = selfName;
    this.#rowOf = rowOf;
  }

  changed(change: DirectoryChange): void {
    if (change.kind === "lagged") return;
    const { name, mesh } = change.entry;
    this.#events.add({ kind: `node.${change.kind}`, node: name, mesh, ...this.#tell(change) });
  }

  #tell(change: EntryChange): Told {
    const { id, name, record } = change.entry;
    switch (change.kind) {
      case "joined": {
        const before = this.#rowOf(id)?.state;
        const back = before !== undefined && isDeparted(before);
        return { severity: "info", message: back ? `${name} is back (it was ${before})` : `${name} joined` };
      }
      case "updated":
        if (record.generation === change.previous.record.generation)
          return { severity: "info", message: `${name} updated: ${differences(change.previous.record, record)}` };
        return {
          kind: "node.restarted",
          severity: "info",
          message: `${name} restarted (generation ${record.generation})`,
        };
      case "suspected":
        return { severity: "warn", message: suspicion(name, this.#selfName), by: [this.#selfName] };
      case "refuted":
        return { severity: "info", message: refutation(name, this.#selfName), by: [this.#selfName] };
      case "dead": {
        const by = change.by.map((accuser) => this.#nameOf(accuser));
        return { severity: "warn", message: `${name} was declared dead by ${by.join(" and ")}`, by };
      }
      case "left":
        return { severity: "info", message: `${name} left the mesh` };
      case "expired": {
        const why = change.evicted ? "was given up: the directory is full" : "sent no refresh in time";
        return { severity: "warn", message: `${name} ${why}` };
      }
    }
  }

  /** Another node's view. Its view of a death is no event: the death itself comes with the console's own directory. */
  observed(observerId: string, memberId: string, state: "suspected" | "alive" | "dead"): void {
    const row = this.#rowOf(memberId);
    if (state === "dead" || row === undefined) return;
    const [name, observer] = [row.name ?? row.key, this.#nameOf(observerId)];
    const event = { node: row.name, mesh: row.mesh, by: [observer] };
    if (state === "suspected")
      this.#events.add({ ...event, severity: "warn", kind: "node.suspected", message: suspicion(name, observer) });
    else this.#events.add({ ...event, severity: "info", kind: "node.refuted", message: refutation(name, observer) });
  }

  #nameOf(id: string): string {
    return this.#rowOf(id)?.name ?? id;
  }
}

const suspicion = (name: string, observer: string) => `${name} is suspected by ${observer}`;
/** No more than that: it was heard, another path reaches it, or it was the observer that slept or watches it no more. */
const refutation = (name: string, observer: string) => `${name} is no longer suspected by ${observer}`;

/** What a directory takes for worth telling of a newer record (record-changes.ts of the protocol). */
function differences(before: DirectoryEntry["record"], after: DirectoryEntry["record"]): string {
  const parts: string[] = [];
  if (before.loadClass !== after.loadClass) parts.push(`load ${before.loadClass} → ${after.loadClass}`);
  if (before.version !== after.version) parts.push(`version ${before.version} → ${after.version}`);
  if (before.addresses.join() !== after.addresses.join()) parts.push(`addresses ${after.addresses.join(", ")}`);
  if (before.relayUrl !== after.relayUrl) parts.push(`relay ${after.relayUrl ?? "none"}`);
  if (before.status !== after.status) parts.push(`status ${after.status}`);
  return parts.length === 0 ? "its record" : parts.join(", ");
}
