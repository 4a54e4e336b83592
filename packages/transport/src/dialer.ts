/**
 * Dials, one per peer at a time: `/meshwork/1` first, `/iroh-gossip/1` when the peer refuses that (a time-out is no refusal),
 * the other way round for ids known to be foreign. Does not retry; a success that comes too late goes to `onLate`.
 * Owner: the transport. A dial leaves the map when it settles, after `dialTimeoutMs` at the latest.
 */
import { MeshError } from "@meshwork/protocol";
import type { Clock } from "./clock.js";
import { ForeignPeers } from "./foreign-peers.js";
import type { TransportLimits } from "./limits.js";
import { type LinkConnection, type LinkEndpoint, LinkError } from "./link.js";
import type { PeerConnection } from "./peer-connection.js";
import { ALPN_GOSSIP, ALPN_MESHWORK } from "./types.js";

export interface DialerOptions {
  readonly endpoint: LinkEndpoint;
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly addressesOf: (peerId: string) => readonly string[];
  /** Says hello and registers; rejects where the peer is not one. */
  readonly establish: (link: LinkConnection) => Promise<PeerConnection>;
  readonly onLate: (link: LinkConnection) => void;
  readonly onFailed: (peerId: string, code: string) => void;
}

export class Dialer {
  readonly #options: DialerOptions;
  readonly #foreign: ForeignPeers;
  readonly #dials = new Map<string, Promise<PeerConnection>>();

  constructor(options: DialerOptions) {
    this.#options = options;
    this.#foreign = new ForeignPeers(options.limits.maxForeign, options.limits.foreignMemoryMs);
  }

  get size(): number {
    return this.#dials.size;
  }

  get foreignSize(): number {
    return this.#foreign.size;
  }

  /** Shares the dial under way, where there is one. Rejects with a MeshError. */
  dial(peerId: string): Promise<PeerConnection> {
    const running = this.#dials.get(peerId);
    if (running !== undefined) return running;
    const dial = this.#attempt(peerId).catch((error: unknown) => {
      this.#options.onFailed(peerId, error instanceof LinkError || error instanceof MeshError ? error.code : "failed");
      throw asMeshError(peerId, error);
    });
    this.#dials.set(peerId, dial);
    const settled = () => {
      if (this.#dials.get(peerId) === dial) this.#dials.delete(peerId);
    };
    dial.then(settled, settled);
    return dial;
  }

  async #attempt(peerId: string): Promise<PeerConnection> {
    const { clock } = this.#options;
    const deadlineMs = clock.now() + this.#options.limits.dialTimeoutMs;
    const alpns = this.#foreign.has(peerId, clock.now()) ? [ALPN_GOSSIP, ALPN_MESHWORK] : [ALPN_MESHWORK, ALPN_GOSSIP];
    try {
      return await this.#attemptOn(peerId, alpns[0] as string, deadlineMs);
    } catch (error) {
      if (!(error instanceof LinkError) || error.code !== "refused-alpn") throw error;
    }
    const connection = await this.#attemptOn(peerId, alpns[1] as string, deadlineMs);
    return connection;
  }

  async #attemptOn(peerId: string, alpn: string, deadlineMs: number): Promise<PeerConnection> {
    const { endpoint, clock, addressesOf, establish, onLate } = this.#options;
    const timeoutMs = Math.max(1, deadlineMs - clock.now());
    const link = await endpoint.connect(peerId, addressesOf(peerId), alpn, { timeoutMs, onLate });
    if (alpn === ALPN_GOSSIP) this.#foreign.remember(peerId, clock.now());
    else this.#foreign.forget(peerId);
    return establish(link);
  }
}

function asMeshError(peerId: string, error: unknown): MeshError {
  if (error instanceof MeshError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new MeshError("MESH_E_UNREACHABLE", `${peerId}: ${why}`, { cause: error });
}
