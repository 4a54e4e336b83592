/** A control group of one controller with a limit, for processes of the lab. In the ledger; gone with the fault or the lab. */
import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MeshError } from "@meshwork/protocol";
import { groupParent, limitFile } from "./abilities.js";
import { type Ledger, labPrefix } from "./ledger.js";

const CPU_PERIOD_US = 100_000;

export class ControlGroup {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  static memory(ledger: Ledger, pid: number, limitBytes: number): ControlGroup {
    return ControlGroup.#make(ledger, "memory", pid, () => `${Math.round(limitBytes)}`);
  }

  /** `share` of one core. */
  static cpu(ledger: Ledger, pid: number, share: number): ControlGroup {
    const quota = Math.round(CPU_PERIOD_US * share);
    return ControlGroup.#make(ledger, "cpu", pid, (file) =>
      file.endsWith("cpu.max") ? `${quota} ${CPU_PERIOD_US}` : `${quota}`,
    );
  }

  static #make(
    ledger: Ledger,
    controller: "memory" | "cpu",
    pid: number,
    limit: (file: string) => string,
  ): ControlGroup {
    const parent = groupParent(controller);
    const path = join(parent ?? "", `${labPrefix(ledger.state.id)}-${controller}-${pid}`);
    if (parent === undefined) throw new MeshError("MESH_E_LAB_UNABLE", `${controller}: no control groups`);
    ledger.add("controlGroups", path);
    mkdirSync(path, { recursive: true });
    const file = limitFile(controller, path);
    if (file === undefined) throw new MeshError("MESH_E_LAB_UNABLE", `${path} has no limit to set`);
    writeFileSync(file, limit(file));
    writeFileSync(join(path, "cgroup.procs"), `${pid}`);
    return new ControlGroup(path);
  }

  /** Its processes go back to the parent's group. */
  remove(pid: number): void {
    try {
      writeFileSync(join(this.#path, "..", "cgroup.procs"), `${pid}`);
    } catch {
      // It has ended.
    }
    rmdirSync(this.#path);
  }
}
