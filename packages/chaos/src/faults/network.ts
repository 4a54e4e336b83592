/** Faults of what a node's network gives it: its address, its firewall, names, a collector, and that nobody else is who it is. */
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs } from "../cluster/agent-protocol.js";
import type { Twin } from "../cluster/chaos-cluster.js";
import type { ChaosNode } from "../cluster/chaos-node.js";
import { excusesNobody, type Fault, hostOf, labFault, witnessesOf } from "./fault.js";

const HEALED_MS = 30_000;
const ECHO_TIMEOUT_MS = 4_000;

export const natShift = labFault({
  name: "nat-shift",
  summary: "a node's address changes under it",
  needs: ["namespaces"],
  expects: "the same id is listed at the new address",
  withinMs: 10_000,
  healedWithinMs: HEALED_MS,
  prepare: ({ cluster, hands, pick }) => {
    const [target] = pick(1) as [ChaosNode];
    const host = hostOf(target).name;
    const { name } = target;
    let shifted = "";
    return {
      targets: [target],
      witnesses: witnessesOf(cluster, [target]),
      inject: async () => {
        shifted = await hands.shiftAddress(host);
        return monotonicMs();
      },
      detect: (witness, _, deadlineMs) =>
        witness.untilTrue(async () => {
          const entry = (await witness.call("directory", {})).find(({ id }) => id === target.id);
          return entry?.addresses.some((socket) => socket.startsWith(`${shifted}:`)) ? monotonicMs() : undefined;
        }, deadlineMs),
      revert: () => hands.unshiftAddress(host),
      verifyHealed: async () => (target.name === name ? undefined : `it is called ${target.name} now`),
      excuses: excusesNobody,
    };
  },
});

export const inboundFirewall = labFault({
  name: "inbound-firewall",
  summary: "a node's host lets in only what belongs to flows that it knows: nobody can dial the node any more",
  needs: ["namespaces", "firewall"],
  expects: "the node stays listed and, once it has called a node itself, answers it",
  withinMs: 15_000,
  healedWithinMs: HEALED_MS,
  prepare: ({ cluster, hands, pick }) => {
    const [target] = pick(1) as [ChaosNode];
    const host = hostOf(target).name;
    let dropped = 0;
    return {
      targets: [target],
      witnesses: cluster.members(target.mesh).filter((node) => node !== target),
      inject: async () => {
        // What is established at this moment passes; the kernel forgets it as it would behind a router that was started anew.
        await hands.shutDoor(host, Number(target.seed.split(":").at(-1)));
        return monotonicMs();
      },
      detect: (witness, _, deadlineMs) =>
        witness.untilTrue(async () => {
          await target.call("echo", { target: witness.id, timeoutMs: ECHO_TIMEOUT_MS });
          return (await witness.call("echo", { target: target.id, timeoutMs: ECHO_TIMEOUT_MS })).endedAtMs;
        }, deadlineMs),
      revert: async () => {
        dropped = await hands.openDoor(host);
      },
      verifyHealed: async () => (dropped > 0 ? undefined : "the firewall had nothing to drop: the fault did not bite"),
      excuses: excusesNobody,
    };
  },
});

export const dnsGone = labFault({
  name: "dns-gone",
  summary: "the name server answers nobody; a new node starts meanwhile",
  needs: ["namespaces"],
  expects: "the new node is listed: no node needs a name server",
  withinMs: 10_000,
  healedWithinMs: HEALED_MS,
  prepare: ({ cluster, hands, pick }) => {
    const [model] = pick(1) as [ChaosNode];
    const witnesses = cluster.whoSee(model.mesh);
    let newcomer: ChaosNode | undefined;
    let resolved = true;
    return {
      targets: [model],
      witnesses,
      inject: async () => {
        await hands.setNameServer("gone");
        resolved = await model.call("resolve", { host: "mesh.lab", timeoutMs: 1_000 }).then(
          () => true,
          () => false,
        );
        const atMs = monotonicMs();
        newcomer = await cluster.add(model.mesh, model.type);
        return atMs;
      },
      detect: async (witness, sinceMs, deadlineMs) =>
        (await witness.until(({ kind, id }) => kind === "joined" && id === newcomer?.id, sinceMs, deadlineMs))?.atMs,
      revert: async () => {
        await hands.setNameServer("ok");
        if (newcomer !== undefined) await cluster.retire(newcomer);
      },
      verifyHealed: async () => {
        if (resolved) return "names were resolved all the same: the fault did not bite";
        const back = await model.call("resolve", { host: "mesh.lab", timeoutMs: 5_000 }).catch(() => undefined);
        return back === undefined ? "names are not resolved again" : undefined;
      },
      excuses: excusesNobody,
    };
  },
});

export const collectorGone = collectorFault("collector-gone", "the collector refuses connections", "gone");
export const collectorHanging = collectorFault("collector-hanging", "the collector reads and never answers", "hanging");

function collectorFault(name: string, summary: string, state: "gone" | "hanging"): Fault {
  return {
    name,
    summary,
    needs: [],
    expects: "every node counts the spans that it drops, and answers its neighbour within half a second",
    withinMs: 30_000,
    healedWithinMs: HEALED_MS,
    prepare: async ({ cluster }) => {
      const { nodes } = cluster;
      const dropped = async (node: ChaosNode) => (await node.call("stats", {})).telemetryDropped;
      const before = new Map<ChaosNode, number>();
      return {
        targets: [],
        witnesses: nodes,
        inject: async () => {
          for (const node of nodes) before.set(node, await dropped(node));
          await cluster.setCollector(state);
          return monotonicMs();
        },
        detect: (witness, _, deadlineMs) =>
          witness.untilTrue(async () => {
            const [peer] = cluster.members(witness.mesh).filter((node) => node !== witness);
            if ((await dropped(witness)) <= (before.get(witness) ?? 0) || peer === undefined) return undefined;
            const echo = await witness.call("echo", { target: peer.id, timeoutMs: 500 });
            return echo.endedAtMs;
          }, deadlineMs),
        revert: () => cluster.setCollector("ok"),
        verifyHealed: () => dropsEnd(nodes, dropped),
        excuses: excusesNobody,
      };
    },
  };
}

const DROPS_END_MS = 15_000;
const QUIET_MS = 3_000;

/** With the collector back nothing is dropped any more, as long as the traffic goes on. */
async function dropsEnd(
  nodes: readonly ChaosNode[],
  dropped: (node: ChaosNode) => Promise<number>,
): Promise<string | undefined> {
  const deadlineMs = monotonicMs() + DROPS_END_MS;
  const total = async () => (await Promise.all(nodes.map(dropped))).reduce((sum, count) => sum + count, 0);
  for (;;) {
    const earlier = await total();
    await sleep(QUIET_MS);
    if ((await total()) === earlier) return undefined;
    if (monotonicMs() > deadlineMs) return "spans are still dropped with the collector back";
  }
}

export const identityTwice: Fault = {
  name: "identity-twice",
  summary: "a second node is started with a copy of a node's identity",
  needs: [],
  expects:
    "the id is listed at the first node's address, in a later life than the second's start; the second has stopped (MESH_E_DUPLICATE_IDENTITY)",
  withinMs: 60_000,
  healedWithinMs: HEALED_MS,
  prepare: async ({ cluster, pick }) => {
    const [target] = pick(1) as [ChaosNode];
    const witnesses = witnessesOf(cluster, [target]);
    const entryAt = async (witness: ChaosNode) =>
      (await witness.call("directory", {})).find(({ id }) => id === target.id);
    const { generation = 0, addresses = [] } = (await entryAt(witnesses[0] as ChaosNode)) ?? {};
    let second: Twin | undefined;
    let ending: string | undefined;
    return {
      targets: [target],
      witnesses,
      inject: async () => {
        const atMs = monotonicMs();
        second = await cluster.twin(target);
        return atMs;
      },
      detect: (witness, _, deadlineMs) =>
        witness.untilTrue(async () => {
          ending ??= await second?.failure();
          const entry = await entryAt(witness);
          if (ending === undefined || entry === undefined || entry.generation <= generation) return undefined;
          return entry.addresses.some((socket) => addresses.includes(socket)) ? monotonicMs() : undefined;
        }, deadlineMs),
      revert: async () => second?.end(),
      verifyHealed: async () =>
        ending === "MESH_E_DUPLICATE_IDENTITY"
          ? undefined
          : `the second node ended with ${ending ?? "nothing: it ran"}`,
      excuses: excusesNobody,
    };
  },
};
