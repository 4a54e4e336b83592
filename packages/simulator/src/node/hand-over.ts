/**
 * Hands directories over: for meshes too large to boot as they would, of n nodes with 2n floods and as many syncs. Nodes join the overlay
 * one after the other and boot as ever; only what they publish meanwhile is in every directory at once, a newcomer gets what a member
 * holds, and syncs find nothing. Afterwards each publishes at a random time within its first period, as in a mesh that has long been up.
 *
 * Owner: Cluster, while such a mesh boots.
 */
import { refreshIntervalMs, type SignedRecord } from "@meshwork/protocol";
import type { Cluster } from "./cluster.js";
import type { SimNode } from "./sim-node.js";

export class HandOver {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** A newcomer, before its first record. */
  welcome(node: SimNode): void {
    if (node.membership === undefined) return;
    const giver = this.#members().find((other) => other !== node);
    if (giver === undefined) return;
    const nowMs = giver.host.now();
    for (const { id } of giver.membership!.directory.entries()) {
      const held = giver.membership!.directory.envelopeOf(id, nowMs);
      if (held !== undefined) this.#apply(node, held.signed, held.ageMs);
    }
  }

  /** A record that its node is about to flood. Anything else goes the usual way: false. */
  record(from: SimNode, content: Uint8Array): boolean {
    const broadcast = this.#cluster.records.decode(content);
    if (broadcast.kind !== "record") return false;
    for (const node of this.#members()) if (node !== from) this.#apply(node, broadcast.signed, 0);
    return true;
  }

  /** The next publications of all, spread as they would be long after the boot. */
  spreadRefreshes(): void {
    const { world } = this.#cluster;
    const members = this.#members();
    const periodMs = refreshIntervalMs(members.length);
    for (const { host, membership } of members) {
      host.timer(world.random.between(0, periodMs), () => membership!.tell({ kind: "changed" }));
    }
  }

  #members(): SimNode[] {
    return this.#cluster.running().filter(({ membership }) => membership !== undefined);
  }

  #apply(node: SimNode, signed: SignedRecord, ageMs: number): void {
    node.membership!.directory.apply(signed, { viaSync: true, ageMs }, node.host.now());
  }
}
