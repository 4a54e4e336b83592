/**
 * The nodes through which a synthetic mesh reaches the console: real nodes of this project, whole, on the network inside the process.
 * They are members, gossip with each other and with the console, verify what they pass on, and answer syncs and probes.
 *
 * What happens to the synthetic members comes to them as gossip from the mouth, a peer that is no member and no neighbour: it hands
 * each of them the broadcasts of others, as a neighbour would.
 *
 * Owner: SyntheticMesh.
 */
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { bootNode, type MeshNode } from "@meshwork/node";
import type { Hash, MeshTopic } from "@meshwork/node/parts";
import { bytesToHex, encodeTopicMessage, PROTOCOL_VERSION } from "@meshwork/protocol";
import { createMemoryTransport, type MemoryNetwork, type Transport } from "@meshwork/transport";

/** One more than an active view holds, so that with each other and the console all are full. */
export const CARRIERS_PER_MESH = 6;

export class Carriers {
  readonly nodes: MeshNode[] = [];
  readonly #mesh: MeshTopic;
  readonly #hash: Hash;
  readonly #dataDir: string;
  readonly #mouth: Transport;
  #next = 0;

  constructor(mesh: MeshTopic, hash: Hash, network: MemoryNetwork, dataDir: string) {
    this.#mesh = mesh;
    this.#hash = hash;
    this.#dataDir = dataDir;
    this.#mouth = createMemoryTransport(network, {
      id: randomBytes(32).toString("hex"),
      hello: {
        protocolVersion: PROTOCOL_VERSION,
        bootNonce: randomBytes(8).toString("hex"),
        mesh: mesh.mesh,
        topics: [mesh.topic],
        role: "observer",
        name: `${mesh.mesh}.synthetic.000000`,
      },
    });
  }

  async start(network: MemoryNetwork, types: readonly string[]): Promise<void> {
    for (const [index, type] of types.entries()) {
      const node = await bootNode(
        {
          ...{ mesh: this.#mesh.mesh, type, observe: [], sharedProcess: true },
          dataDir: join(this.#dataDir, String(index)),
          seeds: this.nodes.map(({ seed }) => seed),
        },
        { env: {}, bindEndpoint: (id) => network.bind({ id, alpns: [] }) },
      );
      this.nodes.push(node);
      this.#mouth.learnAddresses(node.id, node.addresses);
      await this.#mouth.connect(node.id);
      this.#mouth.hold(node.id, "synthetic");
    }
  }

  /** One of them gets it and passes it on. */
  broadcast(content: Uint8Array): void {
    const to = this.nodes[this.#next++ % this.nodes.length];
    if (to === undefined) return;
    const id = bytesToHex(this.#hash(content));
    const frame = encodeTopicMessage({ kind: "gossip", id, content, scope: { kind: "swarm", round: 0 } });
    this.#mouth.sendGossip(to.id, this.#mesh.topicBytes, frame, false);
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.nodes.map((node) => node.close("shutdown")));
    await this.#mouth.close("shutdown");
    // Each held a private key.
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}
