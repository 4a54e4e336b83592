/**
 * Links between a lab's hosts, each direction for itself: cuts and loss by nftables where packets cross the hub, rate by a class of
 * the sender's own queue, delay by netem in that class where the kernel has it, else by the user-space switch (detour.ts).
 * Owner: the lab. Perfect links cost nothing and leave no entry.
 */
import { MeshError } from "@meshwork/protocol";
import type { Abilities } from "./abilities.js";
import { run, tryRun } from "./command.js";
import type { Detour } from "./detour.js";
import type { LabHost } from "./host.js";
import { isDelayed, isPerfect, type LinkShape } from "./shape.js";

const UNLIMITED_RATE = "10gbit";
const MAX_CLASSES = 4_000;

export const HUB_RULES = `add table bridge lab
add set bridge lab cut { type ipv4_addr . ipv4_addr; }
add map bridge lab lossy { type ipv4_addr . ipv4_addr : verdict; }
add chain bridge lab forward { type filter hook forward priority 0; }
add rule bridge lab forward ip saddr . ip daddr @cut counter drop
add rule bridge lab forward ip saddr . ip daddr vmap @lossy
`;

export class Links {
  readonly #hub: string;
  readonly #abilities: Abilities;
  readonly #detour: Detour;
  /** By both addresses. */
  readonly #shapes = new Map<string, { readonly from: LabHost; readonly to: LabHost; readonly shape: LinkShape }>();
  readonly #lossChains = new Set<number>();
  /** Per sending host: the classes of its queue, by the other's address. */
  readonly #classes = new Map<LabHost, Map<string, number>>();

  constructor(hub: string, abilities: Abilities, detour: Detour) {
    this.#hub = hub;
    this.#abilities = abilities;
    this.#detour = detour;
  }

  /** Entries of links that are not perfect. */
  get size(): number {
    return this.#shapes.size;
  }

  /** Replaces the link's shape, one way. */
  shape(from: LabHost, to: LabHost, shape: LinkShape): Promise<void> {
    return this.#shapeAll([[from, to]], shape);
  }

  /** All cuts and losses at one moment: the rules change in one transaction. */
  async #shapeAll(pairs: readonly (readonly [from: LabHost, to: LabHost])[], shape: LinkShape): Promise<void> {
    this.#demand(shape);
    let rules = "";
    for (const [from, to] of pairs) {
      const before = this.#shapes.get(keyOf(from, to))?.shape ?? {};
      const element = `${from.address} . ${to.address}`;
      if (Boolean(before.cut) !== Boolean(shape.cut)) {
        rules += `${shape.cut ? "add" : "delete"} element bridge lab cut { ${element} }\n`;
      }
      if ((before.lossPercent ?? 0) !== (shape.lossPercent ?? 0)) rules += this.#lossRules(element, before, shape);
    }
    if (rules !== "") run("ip", ["netns", "exec", this.#hub, "nft", "-f", "-"], rules);
    for (const [from, to] of pairs) {
      const key = keyOf(from, to);
      await this.#delay(from, to, this.#shapes.get(key)?.shape ?? {}, shape);
      if (isPerfect(shape)) this.#shapes.delete(key);
      else this.#shapes.set(key, { from, to, shape });
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

  #demand(shape: LinkShape): void {
    const needs = [
      ...(shape.cut || shape.lossPercent ? (["cuts"] as const) : []),
      ...(isDelayed(shape) ? (["delay"] as const) : []),
      ...(shape.rateKbit === undefined ? [] : (["rate"] as const)),
    ];
    const missing = needs.map((need) => this.#abilities[need]).find(({ ok }) => !ok);
    if (missing !== undefined) throw new MeshError("MESH_E_LAB_UNABLE", `${missing.ability}: ${missing.detail}`);
  }

  #lossRules(element: string, before: LinkShape, shape: LinkShape): string {
    let rules = before.lossPercent ? `delete element bridge lab lossy { ${element} }\n` : "";
    if (!shape.lossPercent) return rules;
    const perMille = Math.min(1_000, Math.round(shape.lossPercent * 10));
    const chain = `loss${perMille}`;
    if (!this.#lossChains.has(perMille)) {
      rules += `add chain bridge lab ${chain}\n`;
      rules += `add rule bridge lab ${chain} numgen random mod 1000 < ${perMille} counter drop\n`;
      this.#lossChains.add(perMille);
    }
    return `${rules}add element bridge lab lossy { ${element} : jump ${chain} }\n`;
  }

  async #delay(from: LabHost, to: LabHost, before: LinkShape, shape: LinkShape): Promise<void> {
    if (this.#abilities.netem.ok) {
      if (hasClass(before) || hasClass(shape)) this.#setClass(from, to, shape, true);
      return;
    }
    if (before.rateKbit !== shape.rateKbit) this.#setClass(from, to, shape, false);
    // A detoured packet does not cross the hub's rules, so the switch must know of cut and loss too.
    if (isDelayed(shape) || this.#detour.has(from, to)) await this.#detour.shape(from, to, shape);
  }

  /** A class for the one destination: its rate, and in it netem. */
  #setClass(from: LabHost, to: LabHost, shape: LinkShape, netem: boolean): void {
    let classes = this.#classes.get(from);
    const tc = (...args: string[]) => run("tc", ["-n", from.namespace, ...args]);
    if (classes === undefined) {
      classes = new Map();
      this.#classes.set(from, classes);
      tc("qdisc", "add", "dev", "eth0", "root", "handle", "1:", "htb", "default", "1", "r2q", "1000");
      tc("class", "add", "dev", "eth0", "parent", "1:", "classid", "1:1", "htb", "rate", UNLIMITED_RATE);
    }
    const known = classes.get(to.address);
    const number = known ?? classes.size + 2;
    if (number > MAX_CLASSES) throw new MeshError("MESH_E_LAB_BUSY", `${from.name} has ${classes.size} shaped links`);
    const id = `1:${number.toString(16)}`;
    const rate = shape.rateKbit === undefined ? UNLIMITED_RATE : `${shape.rateKbit}kbit`;
    tc(
      "class",
      known === undefined ? "add" : "change",
      "dev",
      "eth0",
      "parent",
      "1:",
      "classid",
      id,
      "htb",
      "rate",
      rate,
    );
    if (known === undefined) {
      tc(
        "filter",
        "add",
        "dev",
        "eth0",
        "parent",
        "1:",
        "protocol",
        "ip",
        "prio",
        "1",
        "u32",
        "match",
        "ip",
        "dst",
        to.address,
        "flowid",
        id,
      );
      classes.set(to.address, number);
    }
    if (!netem) return;
    tryRun("tc", ["-n", from.namespace, "qdisc", "del", "dev", "eth0", "parent", id]);
    if (!isDelayed(shape)) return;
    const jitter = shape.jitterMs === undefined ? [] : [`${shape.jitterMs}ms`];
    tc("qdisc", "add", "dev", "eth0", "parent", id, "netem", "delay", `${shape.delayMs ?? 0}ms`, ...jitter);
  }
}

const keyOf = (from: LabHost, to: LabHost) => `${from.address} ${to.address}`;
const hasClass = (shape: LinkShape) => isDelayed(shape) || shape.rateKbit !== undefined;
