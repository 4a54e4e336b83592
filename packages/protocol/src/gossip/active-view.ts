/**
 * The active view: the neighbours of one topic, to each of which a connection is held (HyParView §4.1).
 *
 * Symmetric by intention: a member has us in its own active view, apart from the moments in which a Neighbor or Disconnect is
 * under way. Owner: HyParView, which adds by HP6 and removes by HP10 and HP19. Never above `capacity`, never the own id.
 */
import { PeerSet } from "./peer-set.js";

export class ActiveView extends PeerSet {
  readonly capacity: number;

  constructor(capacity: number) {
    super();
    this.capacity = capacity;
  }

  get full(): boolean {
    return this.size >= this.capacity;
  }
}
