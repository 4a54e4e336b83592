/**
 * Changes of the console's directory, counted by mesh and kind: joined, left, dead and so on. Owner: ConsoleMetrics; ends with `close`.
 * Bounded by meshes and by the directory's own kinds; nothing is removed, as counters must stay.
 */
import type { DirectoryChange, NodeDirectory } from "@meshwork/node";
import type { Exposition } from "./exposition.js";

const MAX_MESHES = 64;
/** Counted from 0 on in every mesh, so that the first death is a growth and not a new series. */
const KINDS = ["joined", "updated", "left", "dead", "expired", "suspected", "refuted"] as const;

export class DirectoryChanges {
  readonly #byMesh = new Map<string, Map<string, number>>();
  readonly #unsubscribe: () => void;
  #missed = 0;

  constructor(directory: Pick<NodeDirectory, "onChange" | "entries">) {
    for (const { mesh } of directory.entries()) this.seen(mesh);
    this.#unsubscribe = directory.onChange((change) => this.#count(change));
  }

  close(): void {
    this.#unsubscribe();
  }

  /** From now on this mesh is shown, with 0 members where it has none left. */
  seen(mesh: string): void {
    if (!this.#byMesh.has(mesh) && this.#byMesh.size < MAX_MESHES)
      this.#byMesh.set(mesh, new Map(KINDS.map((kind) => [kind, 0])));
  }

  meshes(): IterableIterator<string> {
    return this.#byMesh.keys();
  }

  #count(change: DirectoryChange): void {
    if (change.kind === "lagged") {
      this.#missed += change.missed;
      return;
    }
    this.seen(change.entry.mesh);
    const kinds = this.#byMesh.get(change.entry.mesh);
    const before = kinds?.get(change.kind);
    if (before !== undefined) kinds?.set(change.kind, before + 1);
  }

  write(out: Exposition): void {
    for (const [mesh, kinds] of this.#byMesh)
      for (const [change, count] of kinds) out.add("meshwork_mesh_changes_total", { mesh, change }, count);
    out.add("meshwork_console_directory_missed_changes_total", {}, this.#missed);
  }
}
