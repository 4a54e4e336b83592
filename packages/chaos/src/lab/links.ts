/**
 * Links between a lab's hosts, each direction for itself: cuts, loss and MTU by nftables where packets cross the hub (hub-rules.ts), rate by
 * a class of the sender's own queue, delay and reordering by netem in that class where the kernel has it, else by the user-space switch
 * (detour.ts). Owner: the lab. Perfect links cost nothing and leave no entry.
 */
import { MeshError } from "@meshwork/protocol";
import type { Abilities } from "./abilities.js";
import { run } from "./command.js";
import { DETOUR_DEVICE, type Detour } from "./detour.js";
import type { LabHost } from "./host.js";
import { HubRules } from "./hub-rules.js";
import { Queues } from "./queues.js";
import { isDelayed, isPerfect, type LinkShape, shapeProblem } from "./shape.js";

/** Packets that the kernel hands over as one, to be cut up by a network card: by default, and where an MTU is to be met. */
const MERGED_PACKETS = 65_535;
const SINGLE_PACKETS = 1;

interface Link {
  readonly from: LabHost;
  readonly to: LabHost;
  readonly shape: LinkShape;
}

export class Links {
  readonly #hub: string;
  readonly #abilities: Abilities;
  readonly #detour: Detour;
  readonly #hubRules = new HubRules();
  /** By both addresses. */
  readonly #shapes = new Map<string, Link>();
  readonly #queues: Queues;

  constructor(hub: string, abilities: Abilities, detour: Detour) {
    this.#hub = hub;
    this.#abilities = abilities;
    this.#detour = detour;
    this.#queues = new Queues(abilities.netem.ok);
  }

  /** Entries of links that are not perfect. */
  get size(): number {
    return this.#shapes.size;
  }

  /** Replaces the link's shape, one way. */
  shape(from: LabHost, to: LabHost, shape: LinkShape): Promise<void> {
    return this.#shapeAll([[from, to]], shape);
  }

  /** All cuts, losses and MTUs at one moment: the rules change in one transaction. */
  async #shapeAll(pairs: readonly (readonly [from: LabHost, to: LabHost])[], shape: LinkShape): Promise<void> {
    this.#demand(shape);
    for (const host of pairs.flat()) demandOnHub(host);
    const rules = pairs.map(([from, to]) => this.#hubRules.change(from.address, to.address, this.#of(from, to), shape));
    const senders = new Set(shape.mtuBytes === undefined ? [] : pairs.map(([from]) => from));
    for (const sender of senders) mergePackets(sender, SINGLE_PACKETS);
    if (rules.join("") !== "") run("ip", ["netns", "exec", this.#hub, "nft", "-f", "-"], rules.join(""));
    for (const [from, to] of pairs) {
      const before = this.#of(from, to);
      await this.#delay(from, to, before, shape);
      if (isPerfect(shape)) this.#shapes.delete(keyOf(from, to));
      else this.#shapes.set(keyOf(from, to), { from, to, shape });
      if (before.mtuBytes !== undefined && !this.#isNarrow(from)) mergePackets(from, MERGED_PACKETS);
    }
  }

  async both(a: LabHost, b: LabHost, shape: LinkShape): Promise<void> {
    await this.#shapeAll(
      [
        [a, b],
        [b, a],
      ],
      shape,
    );
  }

  /** Every link of the host, both ways. */
  async uplink(host: LabHost, others: readonly LabHost[], shape: LinkShape): Promise<void> {
    const pairs = others
      .filter((other) => other !== host)
      .flatMap((other) => [[host, other] as const, [other, host] as const]);
    await this.#shapeAll(pairs, shape);
  }

  async clear(): Promise<void> {
    for (const { from, to } of [...this.#shapes.values()]) await this.shape(from, to, {});
  }

  #of(from: LabHost, to: LabHost): LinkShape {
    return this.#shapes.get(keyOf(from, to))?.shape ?? {};
  }

  #isNarrow(host: LabHost): boolean {
    return [...this.#shapes.values()].some(({ from, shape }) => from === host && shape.mtuBytes !== undefined);
  }

  #demand(shape: LinkShape): void {
    const problem = shapeProblem(shape);
    if (problem !== undefined) throw new MeshError("MESH_E_BAD_OPTION", problem);
    const needs = [
      ...(shape.cut || shape.lossPercent ? (["cuts"] as const) : []),
      ...(isDelayed(shape) ? (["delay"] as const) : []),
      ...(shape.reorderPercent ? (["reordering"] as const) : []),
      ...(shape.mtuBytes === undefined ? [] : (["mtu"] as const)),
      ...(shape.rateKbit === undefined ? [] : (["rate"] as const)),
    ];
    const missing = needs.map((need) => this.#abilities[need]).find(({ ok }) => !ok);
    if (missing !== undefined) throw new MeshError("MESH_E_LAB_UNABLE", `${missing.ability}: ${missing.detail}`);
  }

  async #delay(from: LabHost, to: LabHost, before: LinkShape, shape: LinkShape): Promise<void> {
    const isRated = before.rateKbit !== undefined || shape.rateKbit !== undefined;
    if (this.#abilities.netem.ok) {
      if (isRated || isDelayed(before) || isDelayed(shape)) this.#queues.shape(from, "eth0", to, shape);
      return;
    }
    // A detoured packet does not cross the hub's rules, so the switch must know of cut, loss and MTU too.
    if (isDelayed(shape) || this.#detour.has(from, to)) await this.#detour.shape(from, to, shape);
    if (!isRated) return;
    for (const device of this.#detour.isOpen(from) ? ["eth0", DETOUR_DEVICE] : ["eth0"]) {
      this.#queues.shape(from, device, to, shape);
    }
  }
}

const keyOf = (from: LabHost, to: LabHost) => `${from.address} ${to.address}`;

function demandOnHub({ name, router }: LabHost): void {
  if (router === undefined) return;
  throw new MeshError("MESH_E_BAD_OPTION", `${name} is behind ${router.name}: its links are those of ${router.name}`);
}

/** An MTU is that of packets on the wire: merged ones would look too large. */
function mergePackets({ namespace }: LabHost, count: number): void {
  run("ip", ["-n", namespace, "link", "set", "eth0", "gso_max_segs", `${count}`]);
}
