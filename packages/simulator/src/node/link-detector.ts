/**
 * The failure detector of `protocol` alone, for runs without membership: QUIC notices a dead peer after 30 s, so each active link is
 * watched. As an observer's it accuses nobody: a silent link is dropped, a one-sided one repaired.
 *
 * Owner: SimNode. Watched links come and go with the active view.
 */
import { Detector, type DetectorEvent, type MemberView } from "@meshwork/protocol";
import { MovingTimer } from "../core/moving-timer.js";
import type { SimNode } from "./sim-node.js";

export class LinkDetector {
  readonly #node: SimNode;
  readonly #detector: Detector;
  readonly #timer: MovingTimer;

  constructor(node: SimNode) {
    this.#node = node;
    this.#detector = new Detector({
      members: nobody(node.id),
      role: "observer",
      random: node.host.random.next,
      lastHeardMs: (peer) => node.lastHeardMs(peer),
    });
    this.#timer = new MovingTimer(node.host, () => this.tell({ kind: "tick" }));
  }

  get size(): number {
    return this.#detector.size;
  }

  tell(event: DetectorEvent): void {
    const { outputs, nextAtMs } = this.#detector.handle(event, this.#node.host.now());
    this.#timer.set(nextAtMs);
    const { cluster } = this.#node;
    for (const output of outputs) {
      if (output.kind === "send-probe") this.#node.ping(cluster.indexOf(output.peer), output.dial);
      else if (output.kind === "repair-link") this.#node.handle({ kind: "repair", peer: output.peer });
      else if (output.kind === "drop-link") {
        this.#node.handle({ kind: "drop", peer: output.peer });
        if (output.reason === "silent") {
          this.#node.disconnect(cluster.indexOf(output.peer));
          cluster.watch.silent?.(this.#node.index, cluster.indexOf(output.peer));
        }
      }
    }
  }
}

/** A directory without members. */
function nobody(self: string): MemberView {
  return {
    mesh: "sim",
    self,
    size: 0,
    get: () => undefined,
    versionOf: () => undefined,
    deadVersionOf: () => undefined,
    unsuspectedBeside: () => 0,
    sample: () => [],
  };
}
