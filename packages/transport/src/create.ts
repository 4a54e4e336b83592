/** The makes, ready to use: a transport on iroh for processes, one on a memory network for tests. */
import type { Hello } from "@meshwork/protocol";
import type { Clock } from "./clock.js";
import { bindIrohEndpoint } from "./iroh/endpoint.js";
import type { TransportLimits } from "./limits.js";
import type { MemoryNetwork } from "./memory/network.js";
import { createTransport } from "./transport.js";
import { ALPN_GOSSIP, ALPN_MESHWORK, type Transport } from "./types.js";

export interface IrohTransportOptions {
  /** Ed25519 seed, 32 bytes; the node id derives from it. */
  readonly secretKey: Uint8Array;
  /** `ip:port` of one family; the other stays on loopback. Default: loopback of both families, free ports. */
  readonly bind?: string | undefined;
  readonly hello: Hello;
  readonly clock?: Clock;
  readonly random?: (bytes: number) => Uint8Array;
  readonly limits?: Partial<TransportLimits>;
  /** Default: ours and iroh-gossip's. */
  readonly alpns?: readonly string[];
  /** False leaves accepting to a later `start()`. */
  readonly accepting?: boolean;
}

/** Binds and starts. Rejects with MESH_E_BAD_ADDRESS, MESH_E_PORT_TAKEN or MESH_E_BIND. */
export async function createIrohTransport(options: IrohTransportOptions): Promise<Transport> {
  const { secretKey, bind, clock, alpns, ...rest } = options;
  const endpoint = await bindIrohEndpoint({
    secretKey,
    alpns: alpns ?? [ALPN_MESHWORK, ALPN_GOSSIP],
    ...(bind === undefined ? {} : { bind }),
    ...(clock === undefined ? {} : { clock }),
  });
  return createTransport({ endpoint, ...(clock === undefined ? {} : { clock }), ...rest });
}

export interface MemoryTransportOptions {
  /** 64 lower-case hex digits. */
  readonly id: string;
  readonly hello: Hello;
  readonly random?: (bytes: number) => Uint8Array;
  readonly limits?: Partial<TransportLimits>;
  readonly alpns?: readonly string[];
  readonly accepting?: boolean;
}

/** On the network's clock. */
export function createMemoryTransport(network: MemoryNetwork, options: MemoryTransportOptions): Transport {
  const { id, alpns, ...rest } = options;
  const endpoint = network.bind({ id, alpns: alpns ?? [ALPN_MESHWORK, ALPN_GOSSIP] });
  return createTransport({ endpoint, clock: network.clock, ...rest });
}
