/**
 * Connections that look open and lead nowhere: until QUIC gives one up, 30 s later, whoever asks over it waits in vain. Where there is
 * reason to doubt, a connection is asked for a sign of life, and closed where none comes; whoever wants the peer dials anew.
 *
 * 1. A record tells of another life of the peer than the one that the connection was made with: a process that was killed closes
 *    nothing. One that answers stays: of two processes with one identity both are alive, and who gives way is not decided here.
 * 2. The own addresses have changed: the path of every connection may be gone, one way or both.
 *
 * Owner: the node. Bound: one question per peer at a time.
 */
import { type DirectoryChange, MeshError } from "@meshwork/protocol";
import { CloseCode, type Transport } from "@meshwork/transport";

const ANSWER_WITHIN_MS = 1_000;

export class SilentConnections {
  readonly #transport: Pick<Transport, "peer" | "peers" | "probe" | "disconnect">;
  readonly #asking = new Set<string>();

  constructor(transport: Pick<Transport, "peer" | "peers" | "probe" | "disconnect">) {
    this.#transport = transport;
  }

  get size(): number {
    return this.#asking.size;
  }

  onChange(change: DirectoryChange): void {
    if (change.kind !== "joined" && change.kind !== "updated") return;
    const { id, record } = change.entry;
    const nonce = this.#nonceOf(id);
    if (nonce !== undefined && nonce !== record.bootNonce) void this.#ask(id, nonce);
  }

  onOwnAddresses(): void {
    for (const { id, hello } of this.#transport.peers()) {
      if (hello !== undefined) void this.#ask(id, hello.bootNonce);
    }
  }

  async #ask(id: string, nonce: string): Promise<void> {
    if (this.#asking.has(id)) return;
    this.#asking.add(id);
    try {
      await this.#transport.probe(id, ANSWER_WITHIN_MS);
    } catch (error) {
      const silent = error instanceof MeshError && error.code === "MESH_E_TIMEOUT";
      // Its next life may have come by itself meanwhile, and taken the connection's place.
      if (silent && this.#nonceOf(id) === nonce) this.#transport.disconnect(id, CloseCode.superseded);
    } finally {
      this.#asking.delete(id);
    }
  }

  #nonceOf(id: string): string | undefined {
    return this.#transport.peer(id)?.hello?.bootNonce;
  }
}
