/**
 * The lab: hosts of the project's own on one Linux machine. A network namespace per host, all on a bridge in a namespace of the lab's,
 * so that nothing of the machine's own network is touched; links that can be shaped while nodes run.
 *
 * Everything is in the ledger before it is made. A lab ends by `down`, by the end of its owner's process as far as processes go
 * (pdeathsig), and the rest by `mesh lab down` or whichever lab comes next.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MeshError } from "@meshwork/protocol";
import { type Abilities, probeAbilities } from "./abilities.js";
import { plugIn, setAddress } from "./cable.js";
import { run } from "./command.js";
import { Detour } from "./detour.js";
import type { LabHost } from "./host.js";
import { HUB_RULES } from "./hub-rules.js";
import { Ledger, labPrefix } from "./ledger.js";
import { Links } from "./links.js";
import { MAX_NATS, Nat, type Place } from "./nat.js";
import { NAT_KINDS, type NatKind } from "./nat-rules.js";
import { removeLab, removeLeftOvers } from "./remove-lab.js";
import { MTU } from "./shape.js";

const HUB_ADDRESS = "10.77.255.254";
const MAX_HOSTS = 4_000;
const HOSTS_PER_BYTE = 200;

/** Established flows pass a firewall that is put up later: the kernel must have known them from the start. */
const HOST_RULES = `add table inet lab
add chain inet lab input { type filter hook input priority 0; }
add rule inet lab input ct state established accept
`;

export interface LabOptions {
  readonly hosts?: number;
  /** NATs, and which of the hosts are behind each: places in `lab.hosts`. */
  readonly nats?: readonly { readonly kind: NatKind; readonly hosts: readonly number[] }[];
  /** False: the lab stays when this process ends, until somebody takes it down. Default true. */
  readonly owned?: boolean;
  readonly abilities?: Abilities;
}

export class Lab {
  readonly id: string;
  readonly abilities: Abilities;
  readonly links: Links;
  readonly ledger: Ledger;
  /** For files of the lab's; goes with it. */
  readonly directory: string;
  readonly hub: { readonly namespace: string; readonly address: string };
  readonly #hosts: LabHost[] = [];
  readonly #nats: Nat[] = [];
  #down: Promise<string[]> | undefined;

  /** Takes away what crashed labs have left, then brings up this one. Throws MESH_E_LAB_UNABLE. */
  static async up(options: LabOptions = {}): Promise<Lab> {
    const abilities = options.abilities ?? probeAbilities();
    const nats = natsOf(options);
    const missing = [abilities.namespaces, abilities.cuts].find(({ ok }) => !ok);
    if (missing !== undefined) throw new MeshError("MESH_E_LAB_UNABLE", `${missing.ability}: ${missing.detail}`);
    await removeLeftOvers();
    const lab = new Lab(abilities, options.owned ?? true);
    try {
      lab.#bringUpHub();
      const natOf = new Map(nats.flatMap(({ kind, hosts }) => pairsWith(hosts, lab.addNat(kind))));
      for (let i = 0; i < (options.hosts ?? 0); i++) lab.addHost(natOf.get(i));
      return lab;
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  private constructor(abilities: Abilities, owned: boolean) {
    this.id = randomBytes(2).toString("hex");
    this.abilities = abilities;
    this.ledger = new Ledger(this.id, owned);
    this.hub = { namespace: `${labPrefix(this.id)}hub`, address: HUB_ADDRESS };
    this.directory = join(tmpdir(), labPrefix(this.id));
    this.links = new Links(this.hub.namespace, abilities, new Detour(this.hub, (pid) => this.ledger.addProcess(pid)));
  }

  get hosts(): readonly LabHost[] {
    return this.#hosts;
  }

  get nats(): readonly Nat[] {
    return this.#nats;
  }

  addNat(kind: NatKind): Nat {
    if (this.#nats.length >= MAX_NATS) throw new MeshError("MESH_E_LAB_BUSY", `${MAX_NATS} NATs`);
    const nat = Nat.up(this.#nats.length + 1, kind, this);
    this.#nats.push(nat);
    return nat;
  }

  /** With an address that no host of this lab has had before; behind the NAT, where one is given. */
  addHost(nat?: Nat): LabHost {
    const number = this.#hosts.length + 1;
    if (number > MAX_HOSTS) throw new MeshError("MESH_E_LAB_BUSY", `${MAX_HOSTS} hosts`);
    const namespace = `${labPrefix(this.id)}h${number}`;
    const { socket, address, gateway } = nat?.place() ?? this.#place(number);
    const host: LabHost = {
      name: `h${number}`,
      namespace,
      address,
      ...(nat === undefined ? {} : { router: nat.router }),
    };
    this.ledger.add("namespaces", namespace);
    this.#setResolver(namespace);
    run("ip", ["netns", "add", namespace]);
    plugIn(namespace, socket);
    setAddress(namespace, `${address}/${nat === undefined ? 16 : 24}`, gateway);
    if (this.abilities.firewall.ok) run("ip", ["netns", "exec", namespace, "nft", "-f", "-"], HOST_RULES);
    this.#hosts.push(host);
    return host;
  }

  #place(number: number): Place {
    const socket = { namespace: this.hub.namespace, bridge: "br0", port: `p${number}` };
    return { socket, address: addressOf(number), gateway: HUB_ADDRESS };
  }

  /** `ip netns exec` lays it over /etc/resolv.conf. */
  #setResolver(namespace: string): void {
    const directory = join("/etc/netns", namespace);
    this.ledger.add("directories", directory);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "resolv.conf"), `nameserver ${HUB_ADDRESS}\n`);
  }

  /** What could not be removed; empty where all is gone. Idempotent. */
  down(): Promise<string[]> {
    this.#down ??= removeLab(this.ledger.state);
    return this.#down;
  }

  #bringUpHub(): void {
    const { namespace } = this.hub;
    this.ledger.add("directories", this.directory);
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    this.ledger.add("namespaces", namespace);
    run("ip", ["netns", "add", namespace]);
    const steps = [
      "link set lo up",
      `link add br0 mtu ${MTU} type bridge`,
      `addr add ${HUB_ADDRESS}/16 dev br0`,
      "link set br0 up",
    ];
    run("ip", ["-n", namespace, "-batch", "-"], `${steps.join("\n")}\n`);
    run("ip", ["netns", "exec", namespace, "nft", "-f", "-"], HUB_RULES);
  }
}

export function addressOf(number: number): string {
  return `10.77.${Math.floor((number - 1) / HOSTS_PER_BYTE)}.${((number - 1) % HOSTS_PER_BYTE) + 1}`;
}

const pairsWith = <T>(places: readonly number[], value: T) => places.map((place) => [place, value] as const);

/** Checked before anything is made. */
function natsOf({ hosts = 0, nats = [] }: LabOptions): NonNullable<LabOptions["nats"]> {
  const places = nats.flatMap((nat) => nat.hosts);
  const stranger = nats.find(({ kind }) => !NAT_KINDS.includes(kind));
  if (stranger !== undefined) {
    throw new MeshError("MESH_E_BAD_OPTION", `nats: ${stranger.kind} is none of ${NAT_KINDS.join(", ")}`);
  }
  for (const [index, place] of places.entries()) {
    const fault = !(Number.isInteger(place) && place >= 0 && place < hosts)
      ? `there are ${hosts} hosts, counted from 0`
      : places.indexOf(place) !== index
        ? "it is behind a NAT already"
        : undefined;
    if (fault !== undefined) throw new MeshError("MESH_E_BAD_OPTION", `nats: host ${place}: ${fault}`);
  }
  return nats;
}
