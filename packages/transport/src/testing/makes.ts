/** The makes of the transport, for cases that every one must pass. Peers of one call see each other; ids are fresh each time. */
import { type Clock, systemClock } from "../clock.js";
import { createIrohTransport, createMemoryTransport } from "../create.js";
import type { TransportLimits } from "../limits.js";
import { MemoryNetwork } from "../memory/network.js";
import type { Transport } from "../types.js";
import { helloOf, idOf } from "./kit.js";

export interface Make {
  readonly name: string;
  /** `n` is its boot nonce. */
  create(n: number, limits?: Partial<TransportLimits>, more?: { accepting?: boolean }): Promise<Transport>;
}

export function makes(clock: Clock = systemClock): Make[] {
  const network = new MemoryNetwork({ clock });
  return [
    {
      name: "memory",
      create: async (n, limits = {}, more = {}) => {
        const id = idOf(Math.floor(Math.random() * 2 ** 48));
        return createMemoryTransport(network, { id, hello: helloOf(n), limits, ...more });
      },
    },
    {
      name: "iroh",
      create: (n, limits = {}, more = {}) => {
        const secretKey = crypto.getRandomValues(new Uint8Array(32));
        return createIrohTransport({ secretKey, hello: helloOf(n), clock, limits, ...more });
      },
    },
  ];
}
