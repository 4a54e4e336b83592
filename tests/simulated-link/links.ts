/**
 * The simulator's network as a make of the link (packages/transport/src/link.ts): endpoints on simulated hosts, for code that
 * awaits promises. The virtual clock runs by itself, one event per turn of the event loop so that what each one resolves is
 * carried on before the next, until nothing of the link has happened for `QUIET_MS` of virtual time.
 *
 * Owner: the test. The clock rests when everything is quiet, so it ends with the test.
 */
import { type Host, type NetProfile, Network, QUIC, World } from "@meshwork/simulator";
import type { LinkEndpoint } from "@meshwork/transport";
import { SimulatedEndpoint, type Surroundings } from "./endpoint.js";

/** Longer than the idle time-out and all dials: whatever is going to happen by itself has happened by then. */
const QUIET_MS = 60_000;
const HIGHEST_PORT = 65_535;
const FIRST_PORT = 10_000;

export class SimulatedLinks implements Surroundings {
  readonly world: World;
  readonly network: Network;
  readonly #endpoints = new Map<string, number>();
  #lastNumber = 0;
  #quietAtMs = 0;
  #turning = false;

  constructor(seed: number, profile: Partial<NetProfile> = {}) {
    this.world = new World(seed);
    // The link's own handshake costs the round trip: the network's comes on top.
    this.network = new Network(this.world, { ...QUIC, handshakeRoundTrips: 0, ...profile });
  }

  bind(alpns: readonly string[]): LinkEndpoint {
    const host = this.#addHost();
    const id = Buffer.from(host.random.bytes(32)).toString("hex");
    const endpoint = new SimulatedEndpoint(id, alpns, host, this);
    this.network.start(host.index, endpoint);
    this.#endpoints.set(id, host.index);
    return endpoint;
  }

  /** The address of a host that never runs. */
  deadAddress(): string {
    return this.addressOf(this.#addHost().index);
  }

  hostOf(endpoint: LinkEndpoint): number {
    const host = this.#endpoints.get(endpoint.id);
    if (host === undefined) throw new RangeError(`no endpoint has the id ${endpoint.id}`);
    return host;
  }

  hostAt(address: string): number | undefined {
    const host = Number(address.slice(address.lastIndexOf(":") + 1)) - FIRST_PORT;
    return this.world.hosts[host]?.index;
  }

  addressOf(host: number): string {
    if (FIRST_PORT + host > HIGHEST_PORT) throw new RangeError("no port is left for another host");
    return `127.0.0.1:${FIRST_PORT + host}`;
  }

  nextNumber(): number {
    return ++this.#lastNumber;
  }

  wake(): void {
    this.#quietAtMs = this.world.nowMs + QUIET_MS;
    if (this.#turning) return;
    this.#turning = true;
    setImmediate(() => this.#turn());
  }

  #addHost(): Host {
    const host = this.world.addHost();
    this.network.attach(host);
    return host;
  }

  #turn(): void {
    const happened = this.world.runUntil(this.#quietAtMs, () => true);
    if (happened) setImmediate(() => this.#turn());
    else this.#turning = false;
  }
}
