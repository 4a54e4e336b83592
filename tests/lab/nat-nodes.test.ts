/** Nodes behind NATs. There is no hole punching and no relay yet: who is behind one is reached by whom it has called. */
import { Cluster, type ClusterNode, Lab, NAT_KINDS, type Nat, type NatKind, probeAbilities } from "meshwork/chaos";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually } from "../support/cluster.js";

const MESH = "natted";
const LISTED_WITHIN_MS = 20_000;
const ECHO = { timeoutMs: 4_000 };
/** More than the node waits for an answer to its dial, so that it says why and not only that time is up. */
const DIAL_GIVES_UP_MS = 10_000;

const abilities = probeAbilities();
const clusters: Cluster[] = [];
beforeEach(({ skip }) => {
  for (const kind of NAT_KINDS) if (!abilities[`nat-${kind}`].ok) skip(abilities[`nat-${kind}`].detail);
});
afterEach(async () => {
  for (const cluster of clusters.splice(0)) {
    await cluster.down();
    expect(await cluster.lab?.down()).toEqual([]);
  }
});

/** A node in the open, and one behind each NAT, started in this order. */
async function meshBehind(...kinds: NatKind[]) {
  const lab = await Lab.up({
    hosts: 1 + kinds.length,
    nats: kinds.map((kind, index) => ({ kind, hosts: [index + 1] })),
    abilities,
  });
  const cluster = await Cluster.up({ lab, meshes: [MESH], types: {} });
  clusters.push(cluster);
  const nodes: ClusterNode[] = [];
  for (const host of lab.hosts.slice(0, 1 + kinds.length)) nodes.push(await cluster.add(MESH, "broker", host));
  const [open, ...hidden] = nodes as [ClusterNode, ...ClusterNode[]];
  return { lab, cluster, open, hidden, nodes, nats: lab.nats as readonly Nat[] };
}

/** Whom each lists, itself among them; who is suspected does not count. */
async function listed(nodes: readonly ClusterNode[]): Promise<string[][]> {
  const directories = await Promise.all(nodes.map((node) => node.call("directory", {})));
  return directories.map((entries) =>
    entries
      .filter(({ suspected }) => !suspected)
      .map(({ id }) => id)
      .sort(),
  );
}

async function listEachOther(nodes: readonly ClusterNode[]): Promise<void> {
  const all = nodes.map(({ id }) => id).sort();
  await eventually("every node lists every other", LISTED_WITHIN_MS, async () =>
    (await listed(nodes)).every((ids) => ids.join() === all.join()),
  );
}

for (const kinds of [
  ["port-restricted", "full-cone"],
  ["symmetric", "symmetric"],
] as const) {
  test(`two nodes, ${kinds.join(" and ")}, and one in the open are one mesh; the two do not reach each other`, async () => {
    const { nodes, open, hidden, nats } = await meshBehind(...kinds);
    const [one, two] = hidden as [ClusterNode, ClusterNode];
    await listEachOther(nodes);
    for (const [index, node] of hidden.entries()) {
      await node.call("echo", { target: open.id, ...ECHO });
      const { address } = await open.call("echo", { target: node.id, ...ECHO });
      expect(address).toMatch(new RegExp(`^${nats[index]?.router.address}:`));
    }
    for (const [from, to] of [
      [one, two],
      [two, one],
    ] as const) {
      await expect(from.call("echo", { target: to.id, timeoutMs: DIAL_GIVES_UP_MS })).rejects.toMatchObject({
        code: "MESH_E_UNREACHABLE",
      });
    }
    // That they do not reach each other makes nobody think that somebody is dead.
    const all = nodes.map(({ id }) => id).sort();
    expect(await listed(nodes)).toEqual([all, all, all]);
  });
}

test("by the public address of a node behind a NAT a stranger joins where the NAT is a full cone, and not before", async () => {
  const { cluster, open, hidden, nats } = await meshBehind("port-restricted");
  const [member] = hidden as [ClusterNode];
  const [nat] = nats as [Nat];
  await listEachOther([open, member]);
  const { address } = await open.call("echo", { target: member.id, ...ECHO });
  const before = nat.dropped;
  const stranger = cluster.place(MESH, "broker");
  await stranger.start([`${member.id}@${address}`]);
  await eventually("the NAT has dropped what the stranger sent", 10_000, async () => nat.dropped >= before + 3);
  const [known, knownToStranger] = await listed([open, stranger]);
  expect([known?.includes(stranger.id), knownToStranger]).toEqual([false, [stranger.id]]);
  nat.become("full-cone");
  await listEachOther([open, member, stranger]);
});
