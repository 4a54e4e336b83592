/**
 * Which cell of its lane a node has, where there are too many for cards: a number, counted row by row.
 *
 * A node keeps its cell for as long as it is listed; one that comes takes the first free one, one that goes frees its own. A lane's
 * capacity only grows, in steps, so that the picture is drawn anew only when it has outgrown its grid. The same set of nodes seen
 * afresh gives the same picture. Owner: main.tsx, for the life of the page. Entries go with their nodes.
 */
import { byType, inText } from "../format/names.js";

export interface CellNode {
  readonly id: string;
  readonly mesh: string;
  readonly type: string;
  readonly name: string;
}

const FIRST_CAPACITY = 16;
const GROWTH = 1.1;

export class CellBook {
  readonly #cells = new Map<string, { readonly mesh: string; readonly cell: number }>();
  #capacity = FIRST_CAPACITY;

  /** Cells of every lane: the same for all. */
  get capacity(): number {
    return this.#capacity;
  }

  get size(): number {
    return this.#cells.size;
  }

  /** Cells of all nodes given, by id; nodes that are not given any more lose theirs. */
  arrange(nodes: readonly CellNode[]): ReadonlyMap<string, number> {
    const meshOf = new Map(nodes.map(({ id, mesh }) => [id, mesh]));
    for (const [id, { mesh }] of this.#cells) if (meshOf.get(id) !== mesh) this.#cells.delete(id);
    const taken = new Map<string, Set<number>>();
    const takenOf = (mesh: string) => {
      const held = taken.get(mesh) ?? new Set<number>();
      taken.set(mesh, held);
      return held;
    };
    for (const { mesh, cell } of this.#cells.values()) takenOf(mesh).add(cell);
    const coming = nodes.filter(({ id }) => !this.#cells.has(id)).sort(inGrid);
    const next = new Map<string, number>();
    for (const { id, mesh } of coming) {
      const held = takenOf(mesh);
      let cell = next.get(mesh) ?? 0;
      while (held.has(cell)) cell += 1;
      held.add(cell);
      next.set(mesh, cell + 1);
      this.#cells.set(id, { mesh, cell });
      while (cell >= this.#capacity) this.#capacity = Math.ceil(this.#capacity * GROWTH);
    }
    return new Map([...this.#cells].map(([id, { cell }]) => [id, cell]));
  }
}

/** Types beside each other, then by name. */
function inGrid(a: CellNode, b: CellNode): number {
  return byType(a.type, b.type) || inText(a.name, b.name);
}
