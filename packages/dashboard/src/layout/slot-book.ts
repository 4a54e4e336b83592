/**
 * Which place in its lane a node has: a row on the left or on the right side.
 *
 * A node keeps its place for as long as it is listed; one that comes takes a free place near its own type, one that goes frees its own.
 * Lanes only grow. So nobody moves when others come and go, and the same set of nodes seen afresh gives the same picture.
 * Owner: main.tsx, for the life of the page, so that places survive a change of tab. Entries go with their nodes.
 */
import { byType } from "../format/names.js";

export type Side = "left" | "right";

export interface Slot {
  readonly side: Side;
  readonly row: number;
}

export interface SlotNode {
  readonly key: string;
  readonly type: string;
  readonly label: string;
}

export interface SlotLane {
  readonly mesh: string;
  /** The side that faces the other lanes: those who have links to them go there first. */
  readonly inner: Side;
  readonly nodes: readonly SlotNode[];
}

const MIN_ROWS = 4;

interface Place extends Slot {
  readonly mesh: string;
  readonly type: string;
}

export class SlotBook {
  readonly #places = new Map<string, Place>();
  #rows = MIN_ROWS;

  /** Rows per side, the same in every lane. */
  get rows(): number {
    return this.#rows;
  }

  get size(): number {
    return this.#places.size;
  }

  /** Places of all nodes given; nodes that are not given any more lose theirs. */
  arrange(lanes: readonly SlotLane[]): ReadonlyMap<string, Slot> {
    const listed = new Map(lanes.flatMap(({ mesh, nodes }) => nodes.map((node) => [node.key, mesh] as const)));
    for (const [key, { mesh }] of this.#places) if (listed.get(key) !== mesh) this.#places.delete(key);
    this.#rows = Math.max(this.#rows, ...lanes.map(({ nodes }) => Math.ceil(nodes.length / 2)));
    for (const lane of lanes) this.#fill(lane);
    return this.#places;
  }

  #fill({ mesh, inner, nodes }: SlotLane): void {
    const coming = nodes
      .filter(({ key }) => !this.#places.has(key))
      .sort((a, b) => byType(a.type, b.type) || a.label.localeCompare(b.label));
    if (coming.length === 0) return;
    const taken = [...this.#places.values()].filter((place) => place.mesh === mesh);
    const outer: Side = inner === "left" ? "right" : "left";
    const free = [inner, outer].flatMap((side) =>
      Array.from({ length: this.#rows }, (_, row) => ({ side, row })).filter(
        (slot) => !taken.some((place) => place.side === slot.side && place.row === slot.row),
      ),
    );
    for (const { key, type } of coming) {
      const kin = taken.filter((place) => place.type === type);
      let best = 0;
      // Without kin the first free place: a fresh lane fills in the order of types.
      if (kin.length > 0)
        for (let at = 1; at < free.length; at += 1)
          if (distance(free[at]!, kin) < distance(free[best]!, kin)) best = at;
      const [slot] = free.splice(best, 1);
      const place = { ...slot!, mesh, type };
      this.#places.set(key, place);
      taken.push(place);
    }
  }
}

/** Rows to the nearest of the same type; the other side is as far as two rows. */
function distance(slot: Slot, kin: readonly Slot[]): number {
  return Math.min(...kin.map(({ side, row }) => Math.abs(row - slot.row) + (side === slot.side ? 0 : 2)));
}
