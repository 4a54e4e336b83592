/** Faults of what a node's network gives it: its address, its firewall, names, a collector. They need the lab. */
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs } from "../cluster/agent-protocol.js";
import type { ChaosNode } from "../cluster/chaos-node.js";
import type { Cluster } from "../cluster/cluster.js";
import type { ClusterNode } from "../cluster/cluster-node.js";
import type { ServicesHandle } from "../cluster/services.js";
import { run as runCommand } from "../lab/command.js";
import { excusesNobody, type Fault, labFault, witnessesOf } from "./fault.js";
import { hostOf, labOf } from "./links.js";

const HEALED_MS = 30_000;
const ECHO_TIMEOUT_MS = 4_000;
/** Added to the third part of a host's address: no lab has that many hosts. */
const SHIFTED_NETWORK = 100;

export const natShift = labFault({
  name: "nat-shift",
  summary: "a node's address changes under it",
  needs: ["namespaces"],
  expects: "the same id is listed at the new address",
  withinMs: 10_000,
  healedWithinMs: HEALED_MS,
  prepare: ({ cluster, pick }) => {
    const [target] = pick(1) as [ClusterNode];
    const { namespace, address } = hostOf(target);
    const shifted = shiftedAddress(address);
    const { name } = target;
    const move = (from: string, to: string) => {
      // In this order: with the first address of a network the kernel takes away all others of it.
      runCommand("ip", ["-n", namespace, "addr", "del", `${from}/16`, "dev", "eth0"]);
      runCommand("ip", ["-n", namespace, "addr", "add", `${to}/16`, "dev", "eth0"]);
      runCommand("ip", ["-n", namespace, "route", "replace", "default", "via", labOf(cluster).hub.address]);
    };
    let moved = false;
    return {
      targets: [target],
      witnesses: witnessesOf(cluster, [target]),
      inject: async () => {
        moved = true;
        move(address, shifted);
        return monotonicMs();
      },
      detect: (witness, _, deadlineMs) =>
        witness.untilTrue(async () => {
          const entry = (await witness.call("directory", {})).find(({ id }) => id === target.id);
          return entry?.addresses.some((socket) => socket.startsWith(`${shifted}:`)) ? monotonicMs() : undefined;
        }, deadlineMs),
      revert: async () => {
        if (moved) move(shifted, address);
      },
      verifyHealed: async () => (target.name === name ? undefined : `it is called ${target.name} now`),
      excuses: excusesNobody,
    };
  },
});

function shiftedAddress(address: string): string {
  return address
    .split(".")
    .map((part, index) => (index === 2 ? `${Number(part) + SHIFTED_NETWORK}` : part))
    .join(".");
}

export const inboundFirewall = labFault({
  name: "inbound-firewall",
  summary: "a node's host lets in only what belongs to flows that it knows: nobody can dial the node any more",
  needs: ["namespaces", "firewall"],
  expects: "the node stays listed and, once it has called a node itself, answers it",
  withinMs: 15_000,
  healedWithinMs: HEALED_MS,
  prepare: ({ cluster, pick }) => {
    const [target] = pick(1) as [ClusterNode];
    const { namespace } = hostOf(target);
    const nft = (rules: string) => runCommand("ip", ["netns", "exec", namespace, "nft", "-f", "-"], rules);
    let dropped = 0;
    return {
      targets: [target],
      witnesses: cluster.members(target.mesh).filter((node) => node !== target),
      inject: async () => {
        nft("add rule inet lab input meta l4proto udp ct state new counter drop\n");
        // What is established at this moment passes; the kernel forgets it as it would behind a router that was started anew.
        await redial(target);
        return monotonicMs();
      },
      detect: (witness, _, deadlineMs) =>
        witness.untilTrue(async () => {
          await target.call("echo", { target: witness.id, timeoutMs: ECHO_TIMEOUT_MS });
          return (await witness.call("echo", { target: target.id, timeoutMs: ECHO_TIMEOUT_MS })).endedAtMs;
        }, deadlineMs),
      revert: async () => {
        dropped = droppedBy(runCommand("ip", ["netns", "exec", namespace, "nft", "list", "table", "inet", "lab"]));
        nft("flush chain inet lab input\nadd rule inet lab input ct state established accept\n");
      },
      verifyHealed: async () => (dropped > 0 ? undefined : "the firewall had nothing to drop: the fault did not bite"),
      excuses: excusesNobody,
    };
  },
});

/** A stranger's packet, so that it is seen that the door is shut. */
async function redial(target: ClusterNode): Promise<void> {
  const port = target.info.seed.split(":").at(-1);
  const { address } = hostOf(target);
  const stranger = `echo knock > /dev/udp/${address}/${port}`;
  runCommand("ip", ["netns", "exec", `${hostOf(target).namespace.replace(/h\d+$/, "hub")}`, "bash", "-c", stranger]);
}

function droppedBy(rules: string): number {
  return Number(/counter packets (\d+)/.exec(rules)?.[1] ?? 0);
}

export const dnsGone = labFault({
  name: "dns-gone",
  summary: "the name server answers nobody; a new node starts meanwhile",
  needs: ["namespaces"],
  expects: "the new node is listed: no node needs a name server",
  withinMs: 10_000,
  healedWithinMs: HEALED_MS,
  prepare: ({ cluster, pick }) => {
    const [model] = pick(1) as [ClusterNode];
    const services = servicesOf(cluster);
    const witnesses = cluster.whoSee(model.mesh);
    let newcomer: ClusterNode | undefined;
    let resolved = true;
    return {
      targets: [model],
      witnesses,
      inject: async () => {
        await services.set({ dns: "gone" });
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
        await services.set({ dns: "ok" });
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
  return labFault({
    name,
    summary,
    needs: ["namespaces"],
    expects: "every node counts the spans that it drops, and answers its neighbour within half a second",
    withinMs: 30_000,
    healedWithinMs: HEALED_MS,
    prepare: async ({ cluster }) => {
      const services = servicesOf(cluster);
      const { nodes } = cluster;
      const dropped = async (node: ChaosNode) => (await node.call("stats", {})).telemetryDropped;
      const before = new Map<ChaosNode, number>();
      return {
        targets: [],
        witnesses: nodes,
        inject: async () => {
          for (const node of nodes) before.set(node, await dropped(node));
          await services.set({ collector: state });
          return monotonicMs();
        },
        detect: (witness, _, deadlineMs) =>
          witness.untilTrue(async () => {
            const [peer] = cluster.members(witness.mesh).filter((node) => node !== witness);
            if ((await dropped(witness)) <= (before.get(witness) ?? 0) || peer === undefined) return undefined;
            const echo = await witness.call("echo", { target: peer.id, timeoutMs: 500 });
            return echo.endedAtMs;
          }, deadlineMs),
        revert: () => services.set({ collector: "ok" }),
        verifyHealed: () => dropsEnd(nodes, dropped),
        excuses: excusesNobody,
      };
    },
  });
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

function servicesOf({ services }: Cluster): ServicesHandle {
  if (services === undefined) throw new Error("the fault needs the lab");
  return services;
}

export const identityTwice = labFault({
  name: "identity-twice",
  summary: "a second node is started with a copy of a node's identity",
  needs: ["namespaces"],
  expects:
    "the id is listed at the first node's address, in a later life than the second's start; the second has stopped (MESH_E_DUPLICATE_IDENTITY)",
  withinMs: 60_000,
  healedWithinMs: HEALED_MS,
  prepare: async ({ cluster, pick }) => {
    const [target] = pick(1) as [ClusterNode];
    const witnesses = witnessesOf(cluster, [target]);
    const first = witnesses[0] as ClusterNode;
    const generationAt = async (witness: ChaosNode) =>
      (await witness.call("directory", {})).find(({ id }) => id === target.id);
    const generation = (await generationAt(first))?.generation ?? 0;
    const second = cluster.place(target.mesh, target.type);
    let ending: string | undefined;
    return {
      targets: [target],
      witnesses,
      inject: async () => {
        mkdirSync(second.dataDir, { recursive: true });
        cpSync(join(target.dataDir, "identity.json"), join(second.dataDir, "identity.json"));
        const atMs = monotonicMs();
        await second.start(cluster.seedsFor(target));
        return atMs;
      },
      detect: (witness, _, deadlineMs) =>
        witness.untilTrue(async () => {
          ending ??= (await second.call("failure", {}))?.code;
          const entry = await generationAt(witness);
          if (ending === undefined || entry === undefined || entry.generation <= generation) return undefined;
          return entry.addresses.some((socket) => socket.startsWith(`${hostOf(target).address}:`))
            ? monotonicMs()
            : undefined;
        }, deadlineMs),
      revert: () => second.kill(),
      verifyHealed: async () =>
        ending === "MESH_E_DUPLICATE_IDENTITY"
          ? undefined
          : `the second node ended with ${ending ?? "nothing: it ran"}`,
      excuses: excusesNobody,
    };
  },
});
