/**
 * Membership on real processes: who is gone, who is not, and who comes back, each as the other nodes' own directories say it.
 * What a bound of a test allows is generous; `npm run bench -- membership` measures.
 */
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/cluster.js";
import { countComponents, GONE, type HostedNode, Hosts, nowMs } from "../support/node-hosts.mjs";

const NOTICE_TIMEOUT_MS = 15_000;

const ids = (nodes: readonly { readonly id: string }[]) => nodes.map(({ id }) => id).sort();
const without = (nodes: readonly HostedNode[], ...others: readonly HostedNode[]) =>
  nodes.filter((node) => !others.includes(node));

/** A first node, which is the seed of all others. */
async function startMesh(hosts: Hosts, mesh: string, count: number): Promise<HostedNode[]> {
  const first = await hosts.node({ mesh });
  const others = Array.from({ length: count - 1 }, () => hosts.node({ mesh, seeds: [first.seed] }));
  const nodes = [first, ...(await Promise.all(others))];
  await listEachOther(nodes);
  return nodes;
}

/** Every one of these lists exactly all of them, and suspects nobody. */
async function listEachOther(nodes: readonly HostedNode[], timeoutMs = 20_000): Promise<void> {
  await eventually("the directories are complete", timeoutMs, async () => {
    for (const node of nodes) {
      const entries = await node.directory();
      const listed = ids(entries);
      if (listed.join() !== ids(nodes).join()) throw new Error(`${node.name} lists ${listed.map(short)}`);
      const suspect = entries.find(({ suspected }) => suspected);
      if (suspect !== undefined) throw new Error(`${node.name} suspects ${suspect.name}`);
    }
    return true;
  });
}

/** Links lead from each of these to each other one: at once, or as soon as those who lost all theirs have joined again. */
function areOneMesh(nodes: readonly HostedNode[]): Promise<unknown> {
  return eventually("links connect all", 20_000, async () => {
    const components = await countComponents(nodes);
    if (components > 1) throw new Error(`${components} components`);
    return true;
  });
}

const short = (id: string) => id.slice(0, 6);

/** The change by which each of these has lost somebody. */
function lost(watchers: readonly HostedNode[], gone: HostedNode, sinceMs: number) {
  const fits = ({ kind, id }: { kind: string; id: string }) => GONE.includes(kind) && id === gone.id;
  return Promise.all(
    watchers.map((node) => node.until(`${gone.name} is gone`, fits, { sinceMs, timeoutMs: NOTICE_TIMEOUT_MS })),
  );
}

async function expectDead(watchers: readonly HostedNode[], gone: HostedNode, sinceMs: number): Promise<void> {
  for (const { kind, by } of await lost(watchers, gone, sinceMs)) {
    expect(kind).toBe("dead");
    expect(new Set(by).size).toBe(2);
    expect(ids(watchers)).toEqual(expect.arrayContaining([...by!]));
  }
  for (const node of watchers) expect(ids(await node.directory()), node.name).not.toContain(gone.id);
}

describe("a mesh of six processes", () => {
  const hosts = new Hosts();
  let nodes: HostedNode[];
  /** Whom somebody may rightly hold for dead. */
  const died = new Set<string>();
  beforeAll(async () => {
    nodes = await startMesh(hosts, "mesh1", 6);
  });
  afterAll(() => hosts.stop());

  test("SIGKILL: every survivor's directory says dead, signed by two of them", async () => {
    const victim = nodes.at(-1)!;
    const survivors = without(nodes, victim);
    died.add(victim.id);
    const generation = (await victim.directory()).find(({ id }) => id === victim.id)?.generation;
    const killedAtMs = await victim.host.kill();
    await expectDead(survivors, victim, killedAtMs);
    for (const node of survivors) {
      const departed = await node.departed();
      expect(departed).toMatchObject([{ id: victim.id, generation, state: "dead" }]);
      expect(departed[0]!.by).toHaveLength(2);
    }
  });

  test("started again under its identity it has its name and a new generation, once, and the old one stays dead", async () => {
    const old = nodes.at(-1)!;
    const survivors = without(nodes, old);
    const generation = (await survivors[0]!.departed())[0]?.generation ?? Number.NaN;
    const startedAtMs = nowMs();
    const again = await hosts.node({ mesh: "mesh1", dataDir: old.dataDir, seeds: [survivors[0]!.seed] });
    expect(again.id).toBe(old.id);
    expect(again.name).toBe(old.name);
    nodes = [...survivors, again];
    await listEachOther(nodes);
    for (const node of survivors) {
      const changes = node.changes.filter(({ id, atMs }) => id === old.id && atMs >= startedAtMs);
      expect(changes[0]).toMatchObject({ kind: "joined" });
      for (const change of changes) expect(change.generation, change.kind).toBeGreaterThan(generation);
      expect(await node.departed()).toEqual([]);
    }
    expect(await survivors[0]!.request(again.name, "still there?")).toBe("still there?");
  });

  test("SIGSTOP for 2 s: suspected, and nobody is declared dead", async () => {
    const frozen = nodes[2]!;
    const others = without(nodes, frozen);
    const about = (kind: string) => (change: { kind: string; id: string }) =>
      change.kind === kind && change.id === frozen.id;
    const sinceMs = frozen.host.freeze();
    await Promise.any(others.map((node) => node.until("suspicion", about("suspected"), { sinceMs })));
    await sleep(Math.max(0, 2_000 - (nowMs() - sinceMs)));
    frozen.host.thaw();
    await listEachOther(nodes);
    for (const node of others) {
      const suspicions = node.changes.filter((change) => change.atMs >= sinceMs && about("suspected")(change));
      const refutations = node.changes.filter((change) => change.atMs >= sinceMs && about("refuted")(change));
      expect(refutations.length, node.name).toBe(suspicions.length);
    }
    // Whether anybody was accused after all shows below, when there was time for it.
  });

  test("SIGSTOP for 10 s: declared dead; SIGCONT: refutes and is back everywhere by itself", async () => {
    const frozen = nodes[3]!;
    const others = without(nodes, frozen);
    died.add(frozen.id);
    const before = new Map((await others[0]!.directory()).map((entry) => [entry.id, entry]));
    const frozenAtMs = frozen.host.freeze();
    await expectDead(others, frozen, frozenAtMs);
    await sleep(Math.max(0, 10_000 - (nowMs() - frozenAtMs)));
    const sinceMs = frozen.host.thaw();
    const back = ({ kind, id }: { kind: string; id: string }) => kind === "joined" && id === frozen.id;
    for (const joined of await Promise.all(others.map((node) => node.until("it is back", back, { sinceMs })))) {
      expect(joined.generation).toBe(before.get(frozen.id)!.generation);
      expect(joined.sequence).toBeGreaterThan(before.get(frozen.id)!.sequence);
    }
    await listEachOther(nodes);
  });

  test("a newcomer has the whole directory within 3 s of its first neighbour", async () => {
    const newcomer = await hosts.node({ mesh: "mesh1", seeds: [nodes[1]!.seed] });
    const first = await newcomer.until("the first neighbour", ({ kind }) => kind === "first-neighbor");
    const missing = new Set(ids(nodes).filter((id) => !newcomer.known.includes(id)));
    const last = await newcomer.until("completeness", ({ kind, id }) => {
      if (kind === "joined") missing.delete(id);
      return missing.size === 0;
    });
    expect(last.atMs - first.atMs).toBeLessThan(3_000);
    nodes.push(newcomer);
    await listEachOther(nodes);
  });

  test("who closes has left, and is not dead", async () => {
    const leaver = nodes.pop()!;
    const { atMs } = await leaver.close();
    for (const { kind } of await lost(nodes, leaver, atMs)) expect(kind).toBe("left");
    await listEachOther(nodes);
  });

  test("in all this nobody else was declared dead, or expired", () => {
    for (const node of nodes) {
      const wrong = node.changes.filter(({ kind, id }) => kind === "expired" || (kind === "dead" && !died.has(id)));
      expect(wrong, node.name).toEqual([]);
    }
  });
});

describe("seeds", () => {
  let hosts: Hosts;
  afterEach(() => hosts.stop());

  test("the one seed of all dies: the mesh goes on, and newcomers join through another", async () => {
    hosts = new Hosts();
    const nodes = await startMesh(hosts, "mesh1", 5);
    const [seed, ...others] = nodes as [HostedNode, ...HostedNode[]];
    const killedAtMs = await seed.host.kill();
    await expectDead(others, seed, killedAtMs);
    const newcomer = await hosts.node({ mesh: "mesh1", seeds: [seed.seed, others.at(-1)!.seed] });
    await listEachOther([...others, newcomer]);
    await areOneMesh([...others, newcomer]);
  });

  test("all seeds die: one mesh remains, takes back who was a member, and a stranger says what it cannot reach", async () => {
    hosts = new Hosts();
    const seeds = await startMesh(hosts, "mesh1", 2);
    const start = { mesh: "mesh1", seeds: seeds.map(({ seed }) => seed) };
    const others = await Promise.all(Array.from({ length: 4 }, () => hosts.node(start)));
    await listEachOther([...seeds, ...others]);
    const killedAtMs = nowMs();
    await Promise.all(seeds.map((seed) => seed.host.kill()));
    await Promise.all(seeds.map((seed) => lost(others, seed, killedAtMs)));
    await listEachOther(others);
    await areOneMesh(others);

    // At its old address the others still look for it; none of the addresses that it knows itself answers.
    const victim = others.pop()!;
    await expectDead(others, victim, await victim.host.kill());
    const again = await hosts.node({ ...start, dataDir: victim.dataDir, bind: victim.seed.split("@")[1] });
    expect(again.id).toBe(victim.id);

    const collector = await startCollector();
    const host = await hosts.spawn({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: "200" });
    const stranger = await host.start(start);
    try {
      await collector.until("mesh.seed.retry", seeds[0]!.id);
      expect(ids(await stranger.directory())).toEqual([stranger.id]);
    } finally {
      collector.stop();
    }
    await listEachOther([...others, again], 45_000);
  });
});

test("a storm of 50 that join through one seed at once: every directory has all", async () => {
  const hosts = new Hosts();
  try {
    const seed = await hosts.node({ mesh: "mesh1" });
    const halves = await Promise.all([hosts.spawn(), hosts.spawn()]);
    const joining = Array.from({ length: 50 }, (_, i) =>
      halves[i % 2]!.start({ mesh: "mesh1", seeds: [seed.seed], sharedProcess: true }),
    );
    const nodes = [seed, ...(await Promise.all(joining))];
    await listEachOther(nodes, 150_000);
    await areOneMesh(nodes);
    for (const node of nodes) {
      expect(node.changes.filter(({ kind }) => GONE.includes(kind))).toEqual([]);
    }
  } finally {
    await hosts.stop();
  }
}, 240_000);

/** Takes spans and tells whether a text was in one of them: strings stand in protobuf as they are. */
async function startCollector() {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    bodies.push(Buffer.concat(chunks).toString("latin1"));
    response.writeHead(200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    until: (...texts: string[]) =>
      eventually(`a span with ${texts}`, 20_000, async () =>
        bodies.some((body) => texts.every((text) => body.includes(text))),
      ),
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
