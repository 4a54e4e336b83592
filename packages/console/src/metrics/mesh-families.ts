/** Sums of a mesh over what is known of its live nodes now. */
import type { Exposition } from "./exposition.js";
import { type KnownNode, loadOf, type NodeLoad } from "./node-families.js";

/** Three of the nodes' default intervals. */
const REPORTING_MS = 180_000;

export class MeshSum {
  #live = 0;
  #reporting = 0;
  readonly #load: { -readonly [Key in keyof NodeLoad]: NodeLoad[Key] } = {
    cpuUsedCores: undefined,
    cpuBudgetCores: undefined,
    memoryUsedBytes: undefined,
    memoryBudgetBytes: undefined,
  };

  add(node: KnownNode): void {
    this.#live += 1;
    if (node.report !== undefined && node.report.ageMs <= REPORTING_MS) this.#reporting += 1;
    const load = loadOf(node);
    for (const key of Object.keys(load) as (keyof NodeLoad)[]) {
      const value = load[key];
      if (value !== undefined) this.#load[key] = (this.#load[key] ?? 0) + value;
    }
  }

  write(out: Exposition, mesh: string): void {
    out.add("meshwork_mesh_live_nodes", { mesh }, this.#live);
    out.add("meshwork_mesh_reporting_nodes", { mesh }, this.#reporting);
    out.add("meshwork_mesh_cpu_used_cores", { mesh }, this.#load.cpuUsedCores);
    out.add("meshwork_mesh_cpu_budget_cores", { mesh }, this.#load.cpuBudgetCores);
    out.add("meshwork_mesh_memory_used_bytes", { mesh }, this.#load.memoryUsedBytes);
    out.add("meshwork_mesh_memory_budget_bytes", { mesh }, this.#load.memoryBudgetBytes);
  }
}
