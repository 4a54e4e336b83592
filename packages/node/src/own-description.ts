/** What a node's record says of it at the moment of publishing, besides identity and version. */
import type { RecordDescription } from "@meshwork/protocol";
import type { Transport } from "@meshwork/transport";
import { advertisedAddresses } from "./advertised-addresses.js";
import { totals } from "./node-stats.js";
import type { ResolvedOptions } from "./options.js";
import { VERSION } from "./version.js";

export interface OwnDescriptionOptions {
  readonly options: ResolvedOptions;
  readonly transport: Transport;
  /** Of the own mesh. */
  readonly neighbors: () => readonly string[];
  /** Absent while unknown, and where the process is shared. */
  readonly load: () => { readonly cpuUsedCores: number; readonly rssBytes: number } | undefined;
}

export function ownDescription({
  options,
  transport,
  neighbors,
  load,
}: OwnDescriptionOptions): () => RecordDescription {
  const startedAtMs = Date.now();
  return () => {
    const { sent, received } = totals(transport.counters);
    const used = load();
    return {
      type: options.type,
      addresses: advertisedAddresses(transport.boundAddresses()),
      version: VERSION,
      startedAtMs,
      neighbors: [...neighbors()],
      ...(used === undefined ? {} : { cpuUsedCores: used.cpuUsedCores, ramUsedBytes: used.rssBytes }),
      cpuBudgetCores: options.cpuBudgetCores,
      ramBudgetBytes: Math.round(options.ramBudgetBytes),
      framesSent: sent,
      framesReceived: received,
    };
  };
}
