/**
 * Connections to a peer's former life. A process that was killed closes nothing: until QUIC gives up, 30 s later, its connections look
 * open, and whoever asks its next life over one of them waits in vain. So when a record tells of another life than the one that a
 * connection was made with, the connection is asked for a sign of life, and closed where there is none. One that answers stays: of two
 * processes with one identity both are alive, and who gives way is not decided here.
 *
 * Owner: the node. Bound: one question per peer at a time.
 */
import type { DirectoryChange } from "@meshwork/protocol";
import { CloseCode, type Transport } from "@meshwork/transport";

const ANSWER_WITHIN_MS = 1_000;

export class FormerLives {
  readonly #transport: Pick<Transport, "peer" | "probe" | "disconnect">;
  readonly #asking = new Set<string>();

  constructor(transport: Pick<Transport, "peer" | "probe" | "disconnect">) {
    this.#transport = transport;
  }

  get size(): number {
    return this.#asking.size;
  }

  onChange(change: DirectoryChange): void {
    if (change.kind !== "joined" && change.kind !== "updated") return;
    const { id, record } = change.entry;
    const nonce = this.#nonceOf(id);
    if (nonce === undefined || nonce === record.bootNonce || this.#asking.has(id)) return;
    void this.#ask(id, nonce);
  }

  async #ask(id: string, nonce: string): Promise<void> {
    this.#asking.add(id);
    try {
      await this.#transport.probe(id, ANSWER_WITHIN_MS);
    } catch {
      // Its next life may have come by itself meanwhile, and taken the connection's place.
      if (this.#nonceOf(id) === nonce) this.#transport.disconnect(id, CloseCode.superseded);
    } finally {
      this.#asking.delete(id);
    }
  }

  #nonceOf(id: string): string | undefined {
    return this.#transport.peer(id)?.hello?.bootNonce;
  }
}
