/** The rules that are ours about single links: LR1 (repair), LR2 (drop) and HL1 (protected contacts) of RULES.md. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type GossipConfig, gossipConfig } from "./config.js";
import type { GossipOutput } from "./events.js";
import { HyParView, type SwarmInput } from "./hyparview.js";
import { peer } from "./testing/ids.js";
import { MiniNet, TOPIC } from "./testing/mini-net.js";
import { seededRandom } from "./testing/prng.js";

const MINUTE_MS = 60_000;

function swarm(seed: number, count: number): MiniNet {
  const net = new MiniNet(seed);
  net.addNodes(count);
  net.join(0, []);
  for (let node = 1; node < count; node++) net.join(node, [0]);
  net.runFor(2 * MINUTE_MS + 5_000);
  return net;
}

/** Away from the shuffles, which all nodes send at the full minute: those that cross an answer part links again. */
function betweenShuffles(net: MiniNet): void {
  if (net.nowMs % MINUTE_MS > 50_000) net.runFor(MINUTE_MS + 5_000 - (net.nowMs % MINUTE_MS));
}

/** The loser takes the link for ended, and before the holder hears of it a frame of its own has opened a new connection. */
function partLink(net: MiniNet, holder: number, loser: number): boolean {
  const from = net.nodes[holder]!.id;
  const content = Uint8Array.of(holder, loser, net.nowMs / 1_000, net.nowMs / 256_000);
  net.input(loser, { kind: "message", from, message: { kind: "disconnect", alive: true } });
  net.input(holder, { kind: "broadcast", content, scope: "neighbors" });
  net.runFor(1_000);
  return holds(net, holder, loser) && !holds(net, loser, holder);
}

const holds = (net: MiniNet, node: number, other: number) => net.neighbors(node).includes(other);
const linkOf = (net: MiniNet, a: number, b: number) => {
  if (holds(net, a, b) !== holds(net, b, a)) return "one-sided";
  return holds(net, a, b) ? "two-sided" : "gone";
};

/** Parts one link after the other in swarms of several seeds, has `mend` see to it, and counts what became of it. */
function partAndMend(
  count: number,
  fillLoser: boolean,
  mend: (net: MiniNet, holder: number, loser: number) => void,
): Map<string, number> {
  const ends = new Map<string, number>();
  for (let seed = 1; seed <= 12; seed++) {
    const net = swarm(seed, count);
    for (let holder = 0; holder < count; holder++) {
      const loser = net.neighbors(holder)[seed % 3];
      betweenShuffles(net);
      if (loser === undefined || !partLink(net, holder, loser)) continue;
      const third = net.nodes.findIndex(({ index }) => index !== holder && !holds(net, loser, index));
      if (fillLoser && third !== loser) net.join(third, [loser]);
      net.runFor(1_000);
      if (linkOf(net, holder, loser) !== "one-sided") continue;
      mend(net, holder, loser);
      net.runFor(2_000);
      const end = linkOf(net, holder, loser);
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
  }
  return ends;
}

const repair = (net: MiniNet, node: number, other: number) =>
  net.input(node, { kind: "repair", peer: net.nodes[other]!.id });

describe.each<[string, (net: MiniNet, holder: number, loser: number) => void]>([
  ["the end that holds it", (net, holder, loser) => repair(net, holder, loser)],
  ["the end that does not", (net, holder, loser) => repair(net, loser, holder)],
  [
    "both at once",
    (net, holder, loser) => {
      repair(net, holder, loser);
      repair(net, loser, holder);
    },
  ],
])("LR1: a one-sided link that is repaired by %s", (_, mend) => {
  test("is two-sided again where there is room", () => {
    const ends = partAndMend(5, false, mend);
    expect(ends.get("two-sided")).toBeGreaterThan(30);
    expect([...ends.keys()]).toEqual(["two-sided"]);
  });

  test("is two-sided or gone in a swarm whose views are full", () => {
    const ends = partAndMend(30, true, mend);
    expect(ends.get("gone")).toBeGreaterThan(30);
    expect([...ends.keys()]).not.toContain("one-sided");
  });
});

test("LR1, in words: a question where there is room, two where only the other end may hold it, a goodbye where all is full", () => {
  const words = (outputs: readonly GossipOutput[]) =>
    outputs.map((output) => {
      if (output.kind !== "send") return output.kind;
      const { message } = output;
      return message.kind === "neighbor" ? `neighbor ${message.priority}` : message.kind;
    });
  const { feed, contact } = machine();
  feed({ kind: "own-data", data: undefined }, 0);
  expect(words(feed({ kind: "repair", peer: peer(9) }, 0))).toEqual(["neighbor high", "neighbor high"]);
  for (let number = 1; number <= 4; number++) contact(peer(number), 0);
  // The mark of the first question does not keep the second from being sent.
  expect(words(feed({ kind: "repair", peer: peer(1) }, 0))).toEqual(["neighbor low"]);
  expect(words(feed({ kind: "repair", peer: peer(1) }, 0))).toEqual(["neighbor low"]);
  expect(words(feed({ kind: "repair", peer: peer(9) }, 0))).toEqual(["neighbor low", "neighbor low"]);
  contact(peer(5), 0);
  const goodbye = ["shuffle-reply", "disconnect", "disconnect-peer"];
  expect(words(feed({ kind: "repair", peer: peer(9) }, 0))).toEqual(goodbye);
  expect(words(feed({ kind: "repair", peer: peer(0xffff) }, 0))).toEqual([]);
});

test("LR1 of a link that both ends hold, or neither, leaves it so or makes it one, and says nothing to oneself", () => {
  for (let seed = 1; seed <= 4; seed++) {
    const net = swarm(seed, 20);
    for (let node = 0; node < 20; node++) {
      betweenShuffles(net);
      const held = net.neighbors(node)[0]!;
      repair(net, node, held);
      repair(net, node, node);
      net.runFor(1_000);
      expect(linkOf(net, node, held)).toBe("two-sided");
      const other = net.nodes.findIndex(({ index }) => index !== node && !holds(net, node, index));
      repair(net, node, other);
      net.runFor(1_000);
      expect(linkOf(net, node, other)).not.toBe("one-sided");
    }
  }
});

test.each([
  ["the end that holds it", true],
  ["the end that does not", false],
])("LR2: a one-sided link that is dropped by %s is gone, or two-sided because it was asked for anew", (_, byHolder) => {
  const drop = (net: MiniNet, holder: number, loser: number) => {
    const [node, other] = byHolder ? [holder, loser] : [loser, holder];
    net.input(node, { kind: "drop", peer: net.nodes[other]!.id });
    expect(holds(net, node, other)).toBe(false);
    net.runFor(300);
    expect(linkOf(net, holder, loser)).not.toBe("one-sided");
  };
  // Among five who know nobody else the other end asks again at once.
  expect([...partAndMend(5, false, drop).keys()]).not.toContain("one-sided");
  const ends = partAndMend(30, true, drop);
  expect(ends.get("gone")).toBeGreaterThan(30);
  expect([...ends.keys()]).not.toContain("one-sided");
});

test("LR2: a link that both hold is gone at both ends, each remains known to the other, and another takes its place", () => {
  const net = swarm(3, 20);
  const [node, other] = [4, net.neighbors(4)[0]!];
  const before = net.neighbors(node).length;
  net.input(node, { kind: "drop", peer: net.nodes[other]!.id });
  expect(net.nodes[node]!.router.passiveView(TOPIC)).toContain(net.nodes[other]!.id);
  net.runFor(3_000);
  expect(linkOf(net, node, other)).toBe("gone");
  expect(net.nodes[other]!.router.passiveView(TOPIC)).toContain(net.nodes[node]!.id);
  expect(net.neighbors(node).length).toBe(before);
  expect(net.components()).toEqual([20]);
});

function machine(config: Partial<GossipConfig> = {}, seed = 1) {
  const random = seededRandom(seed);
  const swarm = new HyParView({ self: peer(0xffff), config: gossipConfig(config), random, ownData: undefined });
  const feed = (input: SwarmInput, nowMs: number) => {
    const out: GossipOutput[] = [];
    swarm.handle(input, nowMs, out);
    return out;
  };
  const contact = (id: string, nowMs: number) => {
    feed({ kind: "join", peer: id, protectMs: MINUTE_MS }, nowMs);
    feed({ kind: "message", from: id, message: { kind: "neighbor", priority: "high", data: undefined } }, nowMs);
  };
  /** A stranger joins; who had to go for it. */
  const evict = (id: string, nowMs: number) =>
    feed({ kind: "message", from: id, message: { kind: "join", data: undefined } }, nowMs).flatMap((output) => {
      return output.kind === "neighbor-down" ? [output.peer] : [];
    });
  return { swarm, feed, contact, evict };
}

test("HL1: a healing contact stays for its minute while strangers come and go, and no longer", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2_000), { minLength: 30, maxLength: 200 }), fc.nat(), (gapsMs, seed) => {
      const { swarm, contact, evict } = machine({}, seed);
      const contacts = new Map<string, number>();
      let nowMs = 0;
      for (const [number, gapMs] of gapsMs.entries()) {
        nowMs += gapMs;
        // Two at a time: in a view of five there is always somebody else to evict.
        const lately = [...contacts.values()].filter((atMs) => nowMs - atMs < MINUTE_MS);
        if (number % 11 === 0 && lately.length < 2) {
          contact(peer(0x1_000 + number), nowMs);
          if (swarm.active.has(peer(0x1_000 + number))) contacts.set(peer(0x1_000 + number), nowMs);
        }
        for (const gone of evict(peer(number + 1), nowMs)) {
          const sinceMs = contacts.get(gone);
          if (sinceMs !== undefined) expect(nowMs - sinceMs).toBeGreaterThanOrEqual(MINUTE_MS);
          contacts.delete(gone);
        }
      }
      // Nobody stays for ever.
      for (let number = 0; number < 400; number++) evict(peer(0x8_000 + number), nowMs + MINUTE_MS);
      expect([...swarm.active].filter((id) => contacts.has(id))).toEqual([]);
      expect(swarm.sizes().protectedContacts).toBe(0);
    }),
    { numRuns: 200 },
  );
});

test("HL1: where all of the view are protected one of them goes", () => {
  const { swarm, contact, evict } = machine();
  for (let number = 1; number <= 5; number++) contact(peer(number), 0);
  expect([1, 2, 3, 4, 5].map(peer)).toEqual([...swarm.active]);
  const [gone, ...more] = evict(peer(6), 1_000);
  expect([1, 2, 3, 4, 5].map(peer)).toContain(gone);
  expect(more).toEqual([]);
  // Now there is one who is not.
  expect(evict(peer(7), 1_000)).toEqual([peer(6)]);
});

test("HL1: eight at most are protected, and those whose time is over make room for others", () => {
  const { swarm, contact, evict } = machine({ activeViewCapacity: 12 });
  for (let number = 1; number <= 12; number++) contact(peer(number), 0);
  expect(swarm.sizes().protectedContacts).toBe(8);
  const gone = new Set<string>();
  for (let number = 100; number < 400; number++) for (const id of evict(peer(number), 1_000)) gone.add(id);
  expect([1, 2, 3, 4, 5, 6, 7, 8].map(peer).filter((id) => gone.has(id))).toEqual([]);
  expect([9, 10, 11, 12].map(peer).every((id) => gone.has(id))).toBe(true);
  // A minute later nobody has been evicted since, and a new contact comes.
  contact(peer(0x99), MINUTE_MS);
  expect(swarm.sizes().protectedContacts).toBe(1);
  for (let number = 400; number < 900; number++) {
    expect(evict(peer(number), MINUTE_MS + 1_000)).not.toContain(peer(0x99));
  }
});

test("HL1 protects from eviction alone: who is dropped, leaves or is lost goes", () => {
  const ends: SwarmInput[] = [
    { kind: "drop", peer: peer(1) },
    { kind: "peer-lost", peer: peer(1) },
    { kind: "message", from: peer(1), message: { kind: "disconnect", alive: false } },
  ];
  for (const input of ends) {
    const { swarm, feed, contact } = machine();
    contact(peer(1), 0);
    feed(input, 1_000);
    expect(swarm.active.has(peer(1))).toBe(false);
  }
});
