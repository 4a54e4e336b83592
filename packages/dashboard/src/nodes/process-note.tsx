/** Nodes that share a process: its figures, once. */
import { bytesText, coresText } from "../format/numbers.js";
import type { SharedProcess } from "../model/shared-processes.js";
import { Age } from "../parts/age.js";

export function ProcessNote({ processes }: { readonly processes: readonly SharedProcess[] }) {
  return processes.map((process) => (
    <p className="note" key={process.pid} data-testid={`process-${process.pid}`}>
      Process <b>{process.pid}</b> holds {process.nodes.length} nodes: <b>{coresText(process.cpuUsedCores)}</b> cores
      and <b>{bytesText(process.rssBytes)}</b> in all,{" "}
      <Age ageMs={process.statsAgeMs} receivedAtMs={process.receivedAtMs} /> old. CPU and memory are not known for each
      of its nodes.
    </p>
  ));
}
