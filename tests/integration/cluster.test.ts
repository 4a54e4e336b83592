/** The main job on real processes: 18 nodes in two meshes and the console, as `npm start` runs them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, consoleEnv, eventually, mesh, processesOf, startCluster } from "../support/cluster.js";

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(async () => {
  await cluster?.stop();
});

const TYPES = { gateway: 2, broker: 3, compute: 2, registry: 2 };

describe("the cluster", () => {
  test("has 19 live nodes within 15 s, named by their keys", async () => {
    expect(cluster.converged.live).toBe(19);
    expect(cluster.converged.elapsedMs).toBeLessThan(15_000);
    const { nodes } = await cluster.api("/api/nodes");
    expect(nodes).toHaveLength(19);
    for (const node of nodes) {
      expect(node.name).toBe(`${node.mesh}.${node.type}.${node.id.slice(0, 6)}`);
      expect(node.live).toBe(true);
    }
    for (const name of ["mesh1", "mesh2"]) {
      for (const [type, count] of Object.entries(TYPES)) {
        expect(nodes.filter((node: any) => node.mesh === name && node.type === type)).toHaveLength(count);
      }
    }
    expect(nodes.filter((node: any) => node.type === "console")).toMatchObject([{ mesh: "mesh1" }]);
  });

  test("isolates the meshes: members list their own mesh alone, gateways and the console both", async () => {
    const { nodes } = await cluster.api("/api/nodes");
    for (const node of nodes) {
      const { entries } = await cluster.api(`/api/directory?as=${node.name}`);
      const expected = nodes
        .filter((other: any) => ["gateway", "console"].includes(node.type) || other.mesh === node.mesh)
        .map((other: any) => other.name);
      expect(entries.map((entry: any) => entry.name).sort()).toEqual(expected.sort());
    }
  });

  test("shows exactly the links that the nodes' own active views report, end by end", async () => {
    await eventually("links equal views", 15_000, async () => {
      const [{ links }, { nodes }] = await Promise.all([cluster.api("/api/links"), cluster.api("/api/nodes")]);
      if (nodes.some((node: any) => node.activeViews === null)) return undefined;
      const reported = new Set<string>();
      for (const node of nodes) {
        for (const [mesh, peers] of Object.entries<any[]>(node.activeViews)) {
          for (const peer of peers) reported.add(`${mesh}|${node.id}|${peer.id}`);
        }
      }
      const shown = new Set<string>();
      for (const link of links) {
        if (link.aReports) shown.add(`${link.mesh}|${link.a}|${link.b}`);
        if (link.bReports) shown.add(`${link.mesh}|${link.b}|${link.a}`);
      }
      expect([...shown].sort()).toEqual([...reported].sort());
      expect(links.length).toBeGreaterThanOrEqual(17);
      return true;
    });
  });

  test("has a boot trace of real steps for every node", async () => {
    const { nodes } = await cluster.api("/api/nodes");
    for (const node of nodes) {
      const boot = await eventually(`boot trace of ${node.name}`, 5_000, () => cluster.api(`/api/boot/${node.name}`));
      expect(boot.state).toBe("ready");
      expect(boot.steps.map((step: any) => step.name.replace("minted", "loaded"))).toEqual([
        "mesh.boot.identity_loaded",
        "mesh.boot.endpoint_created",
        "mesh.boot.alpn_registered",
        "mesh.boot.gossip_started",
        "mesh.boot.accept_loop_started",
      ]);
      // Steps follow each other: none was made up afterwards.
      let end = 0;
      for (const step of boot.steps) {
        expect(step.offsetMs).toBeGreaterThanOrEqual(end - 0.01);
        end = step.offsetMs + step.durationMs;
      }
      expect(end).toBeLessThanOrEqual(boot.durationMs + 0.01);
    }
  });

  test("proves the cross-mesh message by one trace from two processes", async () => {
    const { trace, client, server } = await eventually(
      "a trace from a gateway to the other mesh's broker",
      20_000,
      async () => {
        const { traces } = await cluster.api("/api/traces?operation=produce");
        for (const summary of traces.filter((candidate: any) => candidate.meshes.length === 2)) {
          const trace = await cluster.api(`/api/traces/${summary.traceId}`);
          const client = trace.spans.find(
            (span: any) => span.kind === "client" && span.node?.startsWith("mesh1.gateway."),
          );
          const server = trace.spans.find(
            (span: any) => span.kind === "server" && span.parentSpanId === client?.spanId,
          );
          if (server?.node?.startsWith("mesh2.broker.")) return { trace, client, server };
        }
        return undefined;
      },
    );
    const pids = [client, server].map((span) => cluster.nodes.find((node) => node.name === span.node)?.pid);
    expect(pids[0]).toBeDefined();
    expect(pids[0]).not.toBe(pids[1]);
    const printed = await mesh(["trace", trace.traceId], consoleEnv(cluster));
    expect(printed.code).toBe(0);
    expect(printed.stdout).toContain(client.node);
    expect(printed.stdout).toContain(server.node);
  });

  test("has the demo's edges in its service graph, with counts", async () => {
    const edges = await eventually("service graph", 20_000, async () => {
      const { edges } = await cluster.api("/api/services");
      const has = (from: string, to: string, operation: string) =>
        edges.some(
          (e: any) => e.from.service === from && e.to.service === to && e.operation === operation && e.calls > 0,
        );
      return (
        has("gateway", "broker", "produce") &&
        has("broker", "registry", "schema") &&
        has("compute", "broker", "fetch") &&
        has("gateway", "compute", "run") &&
        edges
      );
    });
    // Looking leaves no edge.
    expect(edges.every((edge: any) => edge.from.service !== "console")).toBe(true);
  });
});

describe("the mesh command", () => {
  const run = (...args: string[]) => mesh(args, consoleEnv(cluster));

  test("lists members, describes one, tells the status and a seed", async () => {
    const members = JSON.parse((await run("members", "--json")).stdout);
    const list = members.nodes ?? members;
    expect(list).toHaveLength(19);
    const { name } = list.find((node: any) => node.type === "broker");
    const described = await run("describe", name);
    expect(described).toMatchObject({ code: 0 });
    expect(described.stdout).toContain(name);
    expect((await run("status")).stdout).toContain("mesh2");
    expect((await run("seed")).stdout.trim()).toMatch(/^[0-9a-f]{64}@127\.0\.0\.1:\d+(,|$)/);
  });

  test("sends a message and prints reply, path and round trip", async () => {
    const { nodes } = await cluster.api("/api/nodes");
    const broker = nodes.find((node: any) => node.type === "broker" && node.mesh === "mesh2").name;
    const produced = await run("send", broker, "produce", "--data", "hello from a test", "--json");
    expect(produced.stderr).toBe("");
    const reply = JSON.parse(produced.stdout);
    expect(reply.roundTripMs).toBeGreaterThan(0);
    expect(reply.path.kind).toBe("direct");
  });

  test.each([
    [["send", "mesh1.broker.ffffffffffff", "produce"], 1, "MESH_E_UNKNOWN_NAME"],
    [["describe", "nobody.at.000000"], 1, "MESH_E_UNKNOWN_NAME"],
    [["send"], 2, ""],
    [["no-such-command"], 2, ""],
  ])("%j gives exit code %i and %s", async (args, code, text) => {
    const result = await run(...args);
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(text);
  });

  test("refuses an unknown operation with its code", async () => {
    const { nodes } = await cluster.api("/api/nodes");
    const result = await run("send", nodes.find((node: any) => node.type === "registry").name, "no-such-operation");
    expect(result).toMatchObject({ code: 1 });
    expect(result.stderr).toContain("MESH_E_NO_SUCH_OPERATION");
  });

  test("says so when no console is there", async () => {
    const result = await mesh(["members"], { MESH_CONSOLE_URL: "http://127.0.0.1:9", MESH_CONSOLE_TOKEN: "x" });
    expect(result.code).toBe(3);
    expect(result.stderr).toContain("MESH_E_NO_CONSOLE");
  });
});

test("SIGTERM stops everything within 5 s and leaves no process", async () => {
  expect(processesOf(cluster.dataDir).length).toBeGreaterThanOrEqual(20);
  const before = Date.now();
  cluster.child.kill("SIGTERM");
  expect(await cluster.exited).toMatchObject({ code: 0 });
  expect(Date.now() - before).toBeLessThan(5_000);
  await eventually("no process is left", 1_000, async () => processesOf(cluster.dataDir).length === 0);
});
