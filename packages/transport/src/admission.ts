/**
 * From a link to a peer: counts the connection, has the hellos exchanged, hands it to the registry and starts its loops. The
 * same way for what was accepted, what was dialled, and a dial that succeeded too late.
 *
 * Owner: the transport. Handshakes under way are bounded; each ends with its hello's limit at the latest.
 */
import { type Hello, MeshError } from "@meshwork/protocol";
import type { BufferBudget } from "./buffer-budget.js";
import type { Clock } from "./clock.js";
import { closeToken, reasonToken } from "./close-tokens.js";
import type { Counters } from "./counters.js";
import { exchangeHello } from "./hello.js";
import type { TransportLimits } from "./limits.js";
import type { LinkConnection, LinkEndpoint } from "./link.js";
import { PeerConnection } from "./peer-connection.js";
import type { Registry } from "./registry.js";
import { ALPN_MESHWORK, CloseCode } from "./types.js";

export interface AdmissionOptions {
  readonly endpoint: LinkEndpoint;
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly counters: Counters;
  readonly registry: Registry;
  /** What all connections together may make us hold. */
  readonly buffers: BufferBudget;
  readonly hello: () => Hello;
  readonly isClosing: () => boolean;
  /** It is registered. `isNews`: the peer had no connection, or came back as another process. */
  readonly onAdmitted: (connection: PeerConnection, isNews: boolean) => void;
  /** A registered connection has ended. */
  readonly onEnded: (connection: PeerConnection, reason: string) => void;
  /** A peer that never became one broke the rules. */
  readonly onViolation: (peerId: string, what: string) => void;
}

export class Admission {
  readonly #options: AdmissionOptions;
  #pendingHellos = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  get pendingHellos(): number {
    return this.#pendingHellos;
  }

  /** Ends with the endpoint: `accept` answers null for ever then, and asking again would spin. */
  async acceptLoop(): Promise<void> {
    const { endpoint, limits, isClosing } = this.#options;
    for (;;) {
      const link = await endpoint.accept();
      if (link === null) return;
      if (isClosing() || this.#pendingHellos >= limits.maxPendingHellos) {
        link.close(CloseCode.overCapacity, closeToken(CloseCode.overCapacity));
      } else {
        this.establish(link).catch(() => {});
      }
    }
  }

  /** Where nobody waits any more: kept if the peer has no connection by now. */
  late(link: LinkConnection): void {
    if (this.#options.isClosing() || this.#options.registry.current(link.remoteId) !== undefined) {
      link.close(CloseCode.duplicate, closeToken(CloseCode.duplicate));
    } else {
      this.establish(link).catch(() => {});
    }
  }

  /** Rejects, and has closed the link, where no peer comes of it. */
  async establish(link: LinkConnection): Promise<PeerConnection> {
    const { clock, limits, counters, registry, buffers, isClosing } = this.#options;
    counters.connectionsOpened[link.direction] += 1;
    let registered: PeerConnection | undefined;
    let ended = false;
    void link.closed.then((reason) => {
      ended = true;
      const token = reasonToken(reason);
      counters.countClosed(token);
      if (registered !== undefined) this.#options.onEnded(registered, token);
    });
    const hello = link.alpn === ALPN_MESHWORK ? await this.#hello(link) : undefined;
    // It may have ended while its hello came through: registered now, nothing would ever remove it.
    if (ended) throw new MeshError("MESH_E_UNREACHABLE", `${link.remoteId}: the connection ended`);
    if (isClosing()) {
      link.close(CloseCode.shutdown, closeToken(CloseCode.shutdown));
      throw new MeshError("MESH_E_CLOSED", "");
    }
    const connection = new PeerConnection(link, hello, clock, limits, buffers);
    const outcome = registry.add(connection);
    if (outcome === "refused") {
      throw new MeshError("MESH_E_OVERLOADED", `${limits.maxConnections} connections are open`);
    }
    registered = connection;
    this.#options.onAdmitted(connection, outcome === "news");
    return connection;
  }

  async #hello(link: LinkConnection): Promise<Hello> {
    const { clock, limits, counters, hello, onViolation } = this.#options;
    this.#pendingHellos += 1;
    try {
      return await exchangeHello(link, hello(), clock, limits, {
        onSent: (bytes) => counters.countSent("hello", 1, bytes),
        onReceived: (bytes) => counters.countReceived("hello", 1, bytes),
      });
    } catch (error) {
      if (error instanceof MeshError && error.code === "MESH_E_PROTOCOL") onViolation(link.remoteId, error.message);
      throw error;
    } finally {
      this.#pendingHellos -= 1;
    }
  }
}
