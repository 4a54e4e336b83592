/**
 * A NAT of the lab: a router with a public address on the lab's network and a network of its own behind it. Hosts are put behind it when they
 * are made. The links of the router are the links of all hosts behind it.
 *
 * Owner: the lab, with which its namespace goes.
 */
import { randomInt } from "node:crypto";
import { MeshError } from "@meshwork/protocol";
import type { Abilities } from "./abilities.js";
import { plugIn, type Socket, setAddress } from "./cable.js";
import { run } from "./command.js";
import type { LabHost } from "./host.js";
import { type Ledger, labPrefix } from "./ledger.js";
import { type NatKind, type NatSides, natRules, ROUTER_SETTINGS } from "./nat-rules.js";
import { MTU } from "./shape.js";

/** Behind one NAT. */
const MAX_HOSTS = 200;
export const MAX_NATS = 200;
const DEVICE = "lan";

export class Nat {
  readonly name: string;
  readonly router: LabHost;
  readonly #sides: NatSides;
  readonly #abilities: Abilities;
  #kind: NatKind;
  #places = 0;

  static up(number: number, kind: NatKind, lab: NatGround): Nat {
    const nat = new Nat(number, kind, lab);
    nat.#bringUp(number, lab);
    return nat;
  }

  private constructor(number: number, kind: NatKind, { ledger, hub, abilities }: NatGround) {
    const namespace = `${labPrefix(ledger.state.id)}n${number}`;
    const publicAddress = `10.77.200.${number}`;
    this.name = `n${number}`;
    this.router = { name: this.name, namespace, address: publicAddress };
    this.#kind = kind;
    this.#abilities = abilities;
    this.#sides = {
      publicAddress,
      network: `10.78.${number}.0/24`,
      device: DEVICE,
      seed: randomInt(1, 2 ** 32),
      hubAddress: hub.address,
    };
  }

  get kind(): NatKind {
    return this.#kind;
  }

  /** While nodes run. Flows that the router knows keep their public ports until they have been silent for two minutes. */
  become(kind: NatKind): void {
    demandKind(this.#abilities, kind);
    run("ip", ["netns", "exec", this.router.namespace, "nft", "-f", "-"], natRules(kind, this.#sides));
    this.#kind = kind;
  }

  /** Packets of strangers since the rules were last made. */
  get dropped(): number {
    const rules = run("ip", ["netns", "exec", this.router.namespace, "nft", "list", "chain", "ip", "nat", "input"]);
    return Number(/counter packets (\d+)/.exec(rules)?.[1] ?? Number.NaN);
  }

  /** For a host behind it: where its cable goes, and its address. */
  place(): Place {
    this.#places += 1;
    if (this.#places > MAX_HOSTS) throw new MeshError("MESH_E_LAB_BUSY", `${MAX_HOSTS} hosts behind ${this.name}`);
    const { namespace } = this.router;
    return {
      socket: { namespace, bridge: DEVICE, port: `p${this.#places}` },
      address: this.#address(this.#places + 1),
      gateway: this.#address(1),
    };
  }

  #address(number: number): string {
    return this.#sides.network.replace("0/24", `${number}`);
  }

  #bringUp(number: number, { ledger, hub, abilities }: NatGround): void {
    demandKind(abilities, this.#kind);
    const { namespace, address } = this.router;
    ledger.add("namespaces", namespace);
    run("ip", ["netns", "add", namespace]);
    plugIn(namespace, { namespace: hub.namespace, bridge: "br0", port: `n${number}` });
    setAddress(namespace, `${address}/16`, hub.address);
    const steps = [
      `link add ${DEVICE} mtu ${MTU} type bridge`,
      `addr add ${this.#address(1)}/24 dev ${DEVICE}`,
      `link set ${DEVICE} up`,
    ];
    run("ip", ["-n", namespace, "-batch", "-"], `${steps.join("\n")}\n`);
    this.become(this.#kind);
    run("ip", ["netns", "exec", namespace, "sh", "-c", ROUTER_SETTINGS]);
  }
}

/** What a NAT needs of its lab. */
export interface NatGround {
  readonly ledger: Ledger;
  readonly hub: { readonly namespace: string; readonly address: string };
  readonly abilities: Abilities;
}

export interface Place {
  readonly socket: Socket;
  readonly address: string;
  readonly gateway: string;
}

function demandKind(abilities: Abilities, kind: NatKind): void {
  const { ability, ok, detail } = abilities[`nat-${kind}`];
  if (!ok) throw new MeshError("MESH_E_LAB_UNABLE", `${ability}: ${detail}`);
}
