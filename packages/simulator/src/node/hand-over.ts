/**
 * Hands directories over: for meshes too large to boot as they would, of n nodes with 2n floods and as many syncs. Nodes join the overlay
 * one after the other and boot as ever; only what they publish meanwhile is in every directory at once, a newcomer gets what the others
 * hold, and syncs find nothing. Afterwards each publishes at a random time within its first period, as in a mesh that has long been up.
 *
 * Owner: Cluster, while such a mesh boots.
 */
import { refreshIntervalMs, type SignedRecord } from "@meshwork/protocol";
import type { Cluster } from "./cluster.js";
import type { SimNode } from "./sim-node.js";

export class HandOver {
  readonly #cluster: Cluster;
  /** In the order in which they came; nobody goes meanwhile. */
  readonly #members: SimNode[] = [];
  /** The newest record of each, and when it came. */
  readonly #held = new Map<string, { readonly signed: SignedRecord; readonly atMs: number }>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** A newcomer, before its first record. */
  welcome(node: SimNode): void {
    if (node.membership === undefined) return;
    this.#members.push(node);
    const { nowMs } = this.#cluster.world;
    for (const { signed, atMs } of this.#held.values()) this.#apply(node, signed, nowMs - atMs);
  }

  /** A record that its node is about to flood. Anything else goes the usual way: false. */
  record(from: SimNode, content: Uint8Array): boolean {
    const broadcast = this.#cluster.records.decode(content);
    if (broadcast.kind !== "record") return false;
    const { signed } = broadcast;
    this.#held.set(signed.record.id, { signed, atMs: this.#cluster.world.nowMs });
    for (const node of this.#members) if (node !== from) this.#apply(node, signed, 0);
    return true;
  }

  /** The next publications of all, spread as they would be long after the boot. */
  spreadRefreshes(): void {
    const { world } = this.#cluster;
    const periodMs = refreshIntervalMs(this.#members.length);
    for (const { host, membership } of this.#members) {
      host.timer(world.random.between(0, periodMs), () => membership!.tell({ kind: "changed" }));
    }
  }

  #apply(node: SimNode, signed: SignedRecord, ageMs: number): void {
    node.membership!.directory.apply(signed, { viaSync: true, ageMs }, node.host.now());
  }
}
