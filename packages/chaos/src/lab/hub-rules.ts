/**
 * What the hub does to the packets that cross it, by nftables in the bridge: drops what a cut, a loss or an MTU is in the way of. Each is a
 * set or a map of address pairs, so that a link's shape is an element and thousands of links are one rule.
 */
import type { LinkShape } from "./shape.js";

interface Gate {
  readonly map: string;
  /** Undefined: it is open. Whole, and of few values: each has a chain of its own as long as the lab lives. */
  readonly value: (shape: LinkShape) => number | undefined;
  readonly rule: (value: number) => string;
}

/** At most 1,000 chains. */
const LOSSY: Gate = {
  map: "lossy",
  value: ({ lossPercent }) => (lossPercent ? Math.min(1_000, Math.round(lossPercent * 10)) : undefined),
  rule: (perMille) => `numgen random mod 1000 < ${perMille} counter drop`,
};

/** At most as many chains as the lab's own MTU has bytes (`shapeProblem`). */
const NARROW: Gate = {
  map: "narrow",
  value: ({ mtuBytes }) => mtuBytes,
  rule: (bytes) => `ip length > ${bytes} counter drop`,
};

const GATES = [LOSSY, NARROW];

export const HUB_RULES = `add table bridge lab
add set bridge lab cut { type ipv4_addr . ipv4_addr; }
add chain bridge lab forward { type filter hook forward priority 0; }
add rule bridge lab forward ip saddr . ip daddr @cut counter drop
${GATES.map(
  ({ map }) => `add map bridge lab ${map} { type ipv4_addr . ipv4_addr : verdict; }
add rule bridge lab forward ip saddr . ip daddr vmap @${map}
`,
).join("")}`;

/** Owner: Links. */
export class HubRules {
  readonly #chains = new Set<string>();

  /** From one shape of a link to the next; empty where nothing changes here. */
  change(from: string, to: string, before: LinkShape, shape: LinkShape): string {
    const pair = `${from} . ${to}`;
    let rules = "";
    if (Boolean(before.cut) !== Boolean(shape.cut)) {
      rules += `${shape.cut ? "add" : "delete"} element bridge lab cut { ${pair} }\n`;
    }
    for (const gate of GATES) {
      const value = gate.value(shape);
      const earlier = gate.value(before);
      if (value === earlier) continue;
      if (earlier !== undefined) rules += `delete element bridge lab ${gate.map} { ${pair} }\n`;
      if (value !== undefined) rules += this.#open(gate, pair, value);
    }
    return rules;
  }

  #open({ map, rule }: Gate, pair: string, value: number): string {
    const chain = `${map}${value}`;
    const element = `add element bridge lab ${map} { ${pair} : jump ${chain} }\n`;
    if (this.#chains.has(chain)) return element;
    this.#chains.add(chain);
    return `add chain bridge lab ${chain}\nadd rule bridge lab ${chain} ${rule(value)}\n${element}`;
  }
}
