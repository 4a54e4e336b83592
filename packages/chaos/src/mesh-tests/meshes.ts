/** Tests on whole meshes: processes of their own on loopback, asked for what their own directories say, ended with the test. */
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs } from "../cluster/agent-protocol.js";
import { Cluster } from "../cluster/cluster.js";
import type { ClusterNode } from "../cluster/cluster-node.js";
import { seededRandom } from "../soak/random.js";
import {
  type Answer,
  falseDeaths,
  isolationProblems,
  lateRemovals,
  missingTypes,
  type Removal,
  swarmProblems,
  unanswered,
} from "./mesh-checks.js";
import { expectNone, type TestStage } from "./mesh-test.js";

const ECHO_TIMEOUT_MS = 5_000;
const REACHED_MS = 10_000;
const WHOLE_MS = 30_000;
const CRASH_KNOWN_MS = 5_000;
/** Where one died with all its neighbours: the audit finds it. */
const MASS_CRASH_KNOWN_MS = 60_000;
const MAX_NEIGHBORS = 5;
const TWO_SIDED_MS = 15_000;
/** What must not be felt needs time to be felt. */
const FELT_MS = 3_000;
const POLL_MS = 200;

export async function allTypesPresent(stage: TestStage): Promise<string> {
  // The last is nobody's: a type is a string.
  const types = { gateway: 2, broker: 3, compute: 2, registry: 2, thermometer: 1 };
  return withCluster(stage, { meshes: ["mesh1", "mesh2"], types }, async (cluster) => {
    const wanted = Object.keys(types);
    const asked = cluster.nodes.flatMap((node) =>
      wanted.map((type) => {
        const others = cluster.members(node.mesh).filter((other) => other.type === type);
        return { from: node, to: others.find((other) => other !== node) ?? node };
      }),
    );
    // A node that is the only one of its type has itself to show for it.
    const answers = await ask(asked.filter(({ from, to }) => from !== to));
    const itself = asked.filter(({ from, to }) => from === to).map(({ from }) => ({ from: from.name, to: from.name }));
    expectNone(missingTypes(cluster.nodes, wanted, [...answers, ...itself]));
    return `each of ${cluster.nodes.length} nodes reached one of all ${wanted.length} types by name`;
  });
}

export async function halfRemoved(stage: TestStage): Promise<string> {
  const types = { gateway: 2, broker: 4, compute: 2, registry: 2 };
  return withCluster(stage, { meshes: ["mesh1"], types }, async (cluster) => {
    const random = seededRandom(stage.seed, "half removed");
    const shuffled = cluster.nodes.map((node) => ({ node, at: random() })).sort((one, other) => one.at - other.at);
    const dead = shuffled.slice(0, shuffled.length / 2).map(({ node }) => node);
    const survivors = cluster.nodes.filter((node) => !dead.includes(node));
    const withinMs = (await anyBereft(dead)) ? MASS_CRASH_KNOWN_MS : CRASH_KNOWN_MS;
    cluster.forget();
    stage.progress(`killing ${dead.map(({ name }) => name).join(", ")}`);
    const sinceMs = Math.min(...(await Promise.all(dead.map((node) => node.crash()))));
    const removals = await Promise.all(
      survivors.flatMap((node) => dead.map((victim) => removal(node, victim, sinceMs, withinMs))),
    );
    expectNone(lateRemovals(removals, withinMs));
    const problem = await cluster.whole(WHOLE_MS);
    expectNone(problem === undefined ? [] : [problem]);
    const names = new Map(survivors.map(({ id, name }) => [id, name]));
    expectNone(
      falseDeaths(
        changesOf(survivors, ({ name }) => name),
        names,
      ),
    );
    expectNone(unanswered(await ask(pairsOf(survivors))));
    const slowest = Math.max(...removals.map(({ ms = 0 }) => ms));
    return `${dead.length} of ${shuffled.length} killed, gone everywhere after ${(slowest / 1_000).toFixed(1)} s; every survivor answers every other`;
  });
}

export async function swarmForms(stage: TestStage): Promise<string> {
  return withCluster(stage, { meshes: ["mesh1"], types: { node: 12 } }, async (cluster) => {
    const deadlineMs = monotonicMs() + TWO_SIDED_MS;
    for (;;) {
      const swarm = await Promise.all(
        cluster.nodes.map(async (node) => {
          const { activeViews, frames } = await node.call("stats", {});
          const neighbors = activeViews[node.mesh] ?? [];
          return { name: node.name, id: node.id, neighbors, gossipReceived: frames.gossip?.received ?? 0 };
        }),
      );
      const problems = swarmProblems(swarm, MAX_NEIGHBORS);
      // While a link is being made, or given up, one end alone has it.
      if (problems.length > 0 && monotonicMs() < deadlineMs) {
        await sleep(POLL_MS);
        continue;
      }
      expectNone(problems);
      const links = swarm.reduce((sum, { neighbors }) => sum + neighbors.length, 0) / 2;
      return `${swarm.length} nodes, one overlay of ${links} links, gossip at all of them`;
    }
  });
}

export async function meshToMesh(stage: TestStage): Promise<string> {
  const types = { gateway: 1, broker: 2, compute: 1 };
  return withCluster(stage, { meshes: ["mesh1", "mesh2"], types }, async (cluster) => {
    const [gateways, others] = [
      cluster.nodes.filter(({ type }) => type === "gateway"),
      cluster.nodes.filter(({ type }) => type !== "gateway"),
    ];
    const crossing = gateways.flatMap((from) =>
      others.filter(({ mesh }) => mesh !== from.mesh).map((to) => ({ from, to })),
    );
    expectNone(unanswered(await ask(crossing)));
    const forbidden = others.flatMap((from) =>
      cluster.nodes.filter(({ mesh }) => mesh !== from.mesh).map((to) => ({ from, to })),
    );
    const attempts = await ask(forbidden);
    const listings = await Promise.all(
      cluster.nodes.map(async (observer) => ({
        observer,
        ids: (await observer.call("directory", {})).map(({ id }) => id),
      })),
    );
    expectNone(
      isolationProblems(
        cluster.nodes,
        listings,
        changesOf(cluster.nodes, (node) => node),
        attempts,
      ),
    );
    const felt = await deathIsNotFelt(cluster, others);
    expectNone(felt);
    return `${crossing.length} requests by gateways crossed; ${attempts.length} by others were refused, and none of them ever listed a node of the other mesh`;
  });
}

/** A death in one mesh: its gateway's observers of the other learn of it, and nobody else there. */
async function deathIsNotFelt(cluster: Cluster, others: readonly ClusterNode[]): Promise<string[]> {
  const victim = others.find(({ mesh }) => mesh === "mesh2") as ClusterNode;
  const knowing = cluster.whoSee("mesh2").filter((node) => node !== victim);
  const elsewhere = others.filter(({ mesh }) => mesh !== "mesh2");
  cluster.forget();
  const sinceMs = await victim.crash();
  const removals = await Promise.all(knowing.map((node) => removal(node, victim, sinceMs, CRASH_KNOWN_MS)));
  await sleep(FELT_MS);
  const felt = changesOf(elsewhere, ({ name }) => name).flatMap(({ observer, change }) =>
    change.kind === "updated" ? [] : [`${observer} felt it: ${change.id.slice(0, 12)} ${change.kind}`],
  );
  return [...lateRemovals(removals, CRASH_KNOWN_MS), ...felt];
}

async function withCluster<T>(
  { signal, progress }: TestStage,
  shape: { readonly meshes: readonly string[]; readonly types: Readonly<Record<string, number>> },
  work: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const cluster = await Cluster.up({ lab: undefined, ...shape });
  // Ended at once: whatever the test waits for then fails.
  const abort = () => void cluster.down();
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    progress(`${cluster.nodes.length} nodes are up and list each other`);
    return await work(cluster);
  } finally {
    signal.removeEventListener("abort", abort);
    await cluster.down();
  }
}

/** One after the other at each node. Who is not reached is tried again for a while: two that dial each other at once may both fail. */
async function ask(pairs: readonly { readonly from: ClusterNode; readonly to: ClusterNode }[]): Promise<Answer[]> {
  const askers = [...new Set(pairs.map(({ from }) => from))];
  const answers = await Promise.all(
    askers.map(async (asker) => {
      const own: Answer[] = [];
      for (const { from, to } of pairs) if (from === asker) own.push(await askOne(from, to));
      return own;
    }),
  );
  return answers.flat();
}

async function askOne(from: ClusterNode, to: ClusterNode): Promise<Answer> {
  const names = { from: from.name, to: to.name };
  const deadlineMs = monotonicMs() + REACHED_MS;
  for (;;) {
    try {
      await from.call("echo", { target: to.name, timeoutMs: ECHO_TIMEOUT_MS });
      return names;
    } catch (error) {
      const { code, message } = error as { code?: unknown; message: string };
      const again = code === "MESH_E_UNREACHABLE" || code === "MESH_E_TIMEOUT";
      if (!again || monotonicMs() > deadlineMs) return { ...names, code: typeof code === "string" ? code : message };
      await sleep(POLL_MS);
    }
  }
}

function pairsOf(nodes: readonly ClusterNode[]) {
  return nodes.flatMap((from) => nodes.filter((to) => to !== from).map((to) => ({ from, to })));
}

async function removal(node: ClusterNode, victim: ClusterNode, sinceMs: number, withinMs: number): Promise<Removal> {
  const gone = await node.until(
    ({ id, kind }) => id === victim.id && (kind === "dead" || kind === "left" || kind === "expired"),
    sinceMs,
    sinceMs + withinMs,
  );
  return { observer: node.name, dead: victim.name, ms: gone === undefined ? undefined : gone.atMs - sinceMs };
}

async function anyBereft(dead: readonly ClusterNode[]): Promise<boolean> {
  const views = await Promise.all(
    dead.map(async (node) => (await node.call("stats", {})).activeViews[node.mesh] ?? []),
  );
  return views.some((view) => view.every((id) => dead.some((node) => node.id === id)));
}

function changesOf<T>(nodes: readonly ClusterNode[], name: (node: ClusterNode) => T) {
  return nodes.flatMap((node) => node.changes.map((change) => ({ observer: name(node), change })));
}
