/** The judge of swarm runs, judged: each thing that it looks for is broken on purpose, and it has to say so. */
import type { TopicMessage } from "@meshwork/protocol";
import { describe, expect, test } from "vitest";
import type { Cluster } from "../node/cluster.js";
import type { SimNode } from "../node/sim-node.js";
import { runSwarm } from "./swarm.js";

/** 29 nodes, nothing but broadcasts happens to them; nothing is wrong by itself. */
const SEED = 35;
const run = (spoil?: (cluster: Cluster) => void) =>
  runSwarm({ seed: SEED, kinds: ["broadcast"], ...(spoil === undefined ? {} : { spoil }) });

const eachNode = (spoil: (node: SimNode, cluster: Cluster) => void) => (cluster: Cluster) => {
  for (const node of cluster.running()) spoil(node, cluster);
};

test(`seed ${SEED}: nothing spoilt, nothing found`, () => {
  const { nodes, kinds, violations, unrecovered } = run();
  expect([nodes > 20, kinds, violations, unrecovered]).toEqual([true, ["broadcast"], [], []]);
});

describe(`seed ${SEED}: a broken invariant is a violation`, () => {
  test.each<[string, string, (node: SimNode, cluster: Cluster) => void]>([
    [
      "the own id among the neighbours",
      "own id in a view",
      ({ router, id }) => {
        const active = router.activeView.bind(router);
        router.activeView = (topic) => [...active(topic).slice(1), id];
      },
    ],
    [
      "a neighbour among the passive peers",
      "a peer is in both views",
      ({ router }) => {
        router.passiveView = (topic) => router.activeView(topic);
      },
    ],
    [
      "a passive view beyond its capacity",
      "a view is too large",
      ({ router }) => {
        router.passiveView = () => Array.from({ length: 31 }, (_, count) => `peer ${count}`);
      },
    ],
    [
      "a lazy peer that is no neighbour",
      "an eager or lazy peer is no neighbour",
      ({ router }) => {
        router.lazyPeers = () => ["a stranger"];
      },
    ],
    [
      "members that never were",
      "members of",
      ({ membership }) => {
        Object.defineProperty(membership!.directory, "size", { get: () => 1_000 });
      },
    ],
    [
      "a directory that goes back in time",
      "directory went back",
      ({ membership }) => {
        const { directory } = membership!;
        const entries = directory.entries.bind(directory);
        let looks = 0;
        directory.entries = () => {
          looks++;
          return entries().map((entry) => ({ ...entry, record: { ...entry.record, sequence: -looks } }));
        };
      },
    ],
    [
      "an own record of another life",
      "the own record is not its own",
      ({ membership, id }) => {
        const { directory } = membership!;
        const get = directory.get.bind(directory);
        directory.get = (of) => {
          const entry = get(of);
          if (of !== id || entry === undefined) return entry;
          return { ...entry, record: { ...entry.record, generation: entry.record.generation + 1 } };
        };
      },
    ],
    [
      "sync sessions without bound",
      "too many sync sessions",
      ({ membership }) => {
        membership!.sizes = () => ({ syncSessions: 33 });
      },
    ],
    [
      "a machine that finds itself broken",
      "Plumtree invariant 2",
      ({ router }) => {
        router.handle = () => {
          throw new Error("Plumtree invariant 2: a peer is eager and lazy");
        };
      },
    ],
  ])("%s", (_what, expected, spoil) => {
    const { violations } = run(eachNode(spoil));
    expect(violations.filter((violation) => violation.includes(expected))).not.toEqual([]);
  });
});

describe(`seed ${SEED}: what does not recover is said`, () => {
  test.each<[string, string, (cluster: Cluster) => void]>([
    [
      "a split that nothing heals",
      "components of",
      ({ network: { paths } }) => {
        paths.partition((host) => host % 2);
        paths.healAll = () => {};
      },
    ],
    [
      "links that one end alone knows",
      "one-sided links",
      eachNode((node, cluster) => {
        const neighbors = node.neighbors.bind(node);
        node.neighbors = () => {
          const own = neighbors();
          const strangers = cluster.running().filter(({ id }) => id !== node.id && !own.includes(id));
          return [...own, ...strangers.slice(0, 1).map(({ id }) => id)];
        };
      }),
    ],
    [
      "a directory that forgets",
      "no present record at 0 of ",
      (cluster) => {
        const { directory, generation } = cluster.nodes[0]!.membership!;
        expect(generation).toBe(1);
        directory.get = () => undefined;
      },
    ],
    [
      "a swarm that loses a message",
      "a broadcast reached ",
      eachNode((node) => {
        const onFrame = node.onFrame.bind(node);
        node.onFrame = (from, lane, payload) => {
          const message = payload as TopicMessage;
          if (message.kind === "gossip" && Buffer.from(message.content).toString() === "alive") return;
          onFrame(from, lane, payload);
        };
      }),
    ],
  ])("%s", (_what, expected, spoil) => {
    const { violations, unrecovered } = run(spoil);
    expect(violations).toEqual([]);
    expect(unrecovered.filter((what) => what.includes(expected))).not.toEqual([]);
  });
});
