/**
 * The endpoint on `@number0/iroh`: no relay, no discovery, no DNS; addresses come from the caller. Only what the plan names
 * is bound, and the sockets are checked afterwards.
 *
 * Not used, because the binding aborts the process: every `watch*`, the builder after `bind()`, `setLogLevel`. Only values
 * made here reach a native argument (a wrong class where `EndpointAddr` is expected is a bus error, not an exception).
 * An `acceptNext()` is pending for the endpoint's whole life, also on pure clients: it is what keeps it from being collected.
 */

import { bytesToHex, hexToBytes, isNodeId, isSocketAddress, MeshError } from "@meshwork/protocol";
import { Endpoint, EndpointAddr, EndpointId, presetMinimal, RelayMode } from "@number0/iroh/index.js";
import { AsyncQueue } from "../async-queue.js";
import { asciiToArray, fromArray, toArray } from "../bytes.js";
import { type Clock, systemClock, withTimeout } from "../clock.js";
import type { LinkConnection, LinkEndpoint } from "../link.js";
import { LinkError } from "../link.js";
import { formatSocketAddress, planBind, unexpectedSockets } from "./addresses.js";
import { IrohConnection } from "./connection.js";
import { connectError } from "./errors.js";
import { retained } from "./retained.js";

/** Handshakes under way and handshaken connections that nobody has accepted yet; beyond it newcomers are refused. */
const MAX_PENDING_INBOUND = 256;
const CLOSE_LIMIT_MS = 1_500;

/** Peers pool addresses per id: of two endpoints with one key, either may get what is meant for the other. */
const liveIds = new Set<string>();

export interface IrohEndpointOptions {
  /** Ed25519 seed, 32 bytes. Never run one key in two endpoints at once: peers pool addresses per key. */
  readonly secretKey: Uint8Array;
  readonly alpns: readonly string[];
  /** `ip:port` of one family; the other stays on loopback. Default: loopback of both with free ports. */
  readonly bind?: string | undefined;
  readonly clock?: Clock;
}

type Incoming = NonNullable<Awaited<ReturnType<Endpoint["acceptNext"]>>>;

export async function bindIrohEndpoint(options: IrohEndpointOptions): Promise<LinkEndpoint> {
  const { secretKey, alpns } = options;
  if (!(secretKey instanceof Uint8Array) || secretKey.length !== 32) {
    throw new LinkError("invalid-argument", "the secret key is 32 bytes");
  }
  const plan = planBind(options.bind);
  const asked = `${formatSocketAddress(plan.v4)} and ${formatSocketAddress(plan.v6)}`;
  let native: Endpoint;
  try {
    const builder = Endpoint.builder();
    presetMinimal(builder);
    builder.secretKey(toArray(secretKey));
    builder.alpns(alpns.map(asciiToArray));
    builder.relayMode(RelayMode.disabled());
    builder.bindAddr(formatSocketAddress(plan.v4));
    builder.bindAddr(formatSocketAddress(plan.v6));
    native = await builder.bind();
  } catch (error) {
    const taken = /in use|EADDRINUSE|os error 98|os error 48/i.test(String(error));
    throw new MeshError(taken ? "MESH_E_PORT_TAKEN" : "MESH_E_BIND", asked, { cause: error });
  }
  const id = bytesToHex(fromArray(native.id().toBytes()));
  if (liveIds.has(id)) {
    await native.close();
    throw new MeshError("MESH_E_DUPLICATE_IDENTITY", `${id} runs in this process already`);
  }
  retained.endpoints.add(native);
  const bound = native.boundSockets();
  const unexpected = unexpectedSockets(plan, bound);
  if (unexpected.length > 0 || bound.length === 0) {
    retained.endpoints.delete(native);
    await native.close();
    throw new MeshError("MESH_E_BIND", `asked for ${asked}, got ${bound.join(" and ") || "nothing"}`);
  }
  liveIds.add(id);
  return new IrohEndpoint(native, id, bound, options.clock ?? systemClock);
}

class IrohEndpoint implements LinkEndpoint {
  readonly id: string;
  readonly #native: Endpoint;
  readonly #bound: readonly string[];
  readonly #clock: Clock;
  readonly #inbound = new AsyncQueue<LinkConnection>(MAX_PENDING_INBOUND);
  readonly #connections = new Set<IrohConnection>();
  #handshakes = 0;
  #closing: Promise<void> | undefined;

  constructor(native: Endpoint, id: string, bound: readonly string[], clock: Clock) {
    this.#native = native;
    this.#bound = bound;
    this.#clock = clock;
    this.id = id;
    void this.#pump();
  }

  boundAddresses(): readonly string[] {
    return this.#bound;
  }

  setAlpns(alpns: readonly string[]): void {
    this.#native.setAlpns(alpns.map(asciiToArray));
  }

  async #pump(): Promise<void> {
    for (;;) {
      let incoming: Incoming | null;
      try {
        incoming = await this.#native.acceptNext();
      } catch {
        incoming = null;
      }
      if (incoming === null) break;
      if (this.#closing !== undefined || this.#handshakes + this.#inbound.size >= MAX_PENDING_INBOUND) {
        void incoming.refuse().catch(() => {});
        continue;
      }
      void this.#handshake(incoming);
    }
    this.#inbound.end();
  }

  async #handshake(incoming: Incoming): Promise<void> {
    this.#handshakes += 1;
    try {
      const accepting = await incoming.accept();
      const connection = this.#adopt(new IrohConnection(await accepting.connect(), "inbound"));
      if (this.#closing !== undefined || !this.#inbound.push(connection)) connection.close(0, "shutdown");
    } catch {
      // A stranger's failed handshake (wrong ALPN, wrong key, gave up) concerns nobody here.
    } finally {
      this.#handshakes -= 1;
    }
  }

  #adopt(connection: IrohConnection): IrohConnection {
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
    return connection;
  }

  async connect(
    remoteId: string,
    addresses: readonly string[],
    alpn: string,
    options: { readonly timeoutMs: number; readonly onLate?: (connection: LinkConnection) => void },
  ): Promise<LinkConnection> {
    if (this.#closing !== undefined) throw new LinkError("closed", "the endpoint is closed");
    if (!isNodeId(remoteId)) throw new LinkError("invalid-argument", "the peer's id is not 64 hex digits");
    if (remoteId === this.id) throw new LinkError("invalid-argument", "a node does not dial itself");
    for (const address of addresses) {
      if (!isSocketAddress(address)) throw new LinkError("invalid-argument", `address "${address}"`);
    }
    let target: EndpointAddr;
    try {
      target = new EndpointAddr(EndpointId.fromBytes(toArray(hexToBytes(remoteId))), null, [...addresses]);
    } catch (error) {
      throw new LinkError("invalid-argument", "the peer's id is not a public key", { cause: error });
    }
    const attempt = this.#native.connect(target, asciiToArray(alpn)).then(
      (native) => this.#adopt(new IrohConnection(native, "outbound")),
      (error: unknown) => {
        throw connectError(error);
      },
    );
    return withTimeout(
      this.#clock,
      attempt,
      options.timeoutMs,
      () => new LinkError("timeout", `no answer within ${options.timeoutMs} ms`),
      (late) => {
        if (options.onLate !== undefined && this.#closing === undefined) options.onLate(late);
        else late.close(0, "shutdown");
      },
    );
  }

  accept(): Promise<LinkConnection | null> {
    return this.#inbound.next();
  }

  close(code: number, reason: string): Promise<void> {
    this.#closing ??= this.#shutDown(code, reason);
    return this.#closing;
  }

  async #shutDown(code: number, reason: string): Promise<void> {
    for (const connection of this.#connections) connection.close(code, reason);
    for (const connection of this.#inbound.end(true)) connection.close(code, reason);
    await withTimeout(this.#clock, this.#native.close(), CLOSE_LIMIT_MS, () => new Error("slow close")).catch(() => {});
    retained.endpoints.delete(this.#native);
    liveIds.delete(this.id);
  }
}
