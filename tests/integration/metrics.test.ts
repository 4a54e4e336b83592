/** `GET /metrics` of a real cluster: what real nodes report is what it serves, without anybody looking at the console. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, eventually, startCluster } from "../support/cluster.js";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster(["--mesh", "mesh1", "--types", "gateway=1,broker=2", "--no-traffic"], {
    OTEL_METRIC_EXPORT_INTERVAL: "1000",
  });
}, 60_000);
afterAll(() => cluster.stop(), 30_000);

async function scrape(): Promise<string[]> {
  const headers = { authorization: `Bearer ${cluster.token}` };
  const response = await fetch(new URL("/metrics", cluster.url), { headers });
  expect(response.status).toBe(200);
  return (await response.text()).split("\n");
}

/** Values of all samples of a family that carry this text in their labels. */
function valuesOf(lines: readonly string[], family: string, labels = ""): number[] {
  return lines
    .filter((line) => line.startsWith(`${family}{`) && line.includes(labels))
    .map((line) => Number(line.slice(line.lastIndexOf(" ") + 1)));
}

test("every node's own report is served: age, load, peers, frames, connections, directory", async () => {
  const nodes = 4;
  const lines = await eventually("reports of all nodes", 20_000, async () => {
    const scraped = await scrape();
    const peers = valuesOf(scraped, "meshwork_node_active_peers");
    const complete =
      valuesOf(scraped, "meshwork_mesh_reporting_nodes")[0] === nodes &&
      peers.length === nodes &&
      peers.every((count) => count >= 1) &&
      (valuesOf(scraped, "meshwork_mesh_peer_rtt_seconds_count")[0] ?? 0) > 0;
    return complete && scraped;
  });
  for (const age of valuesOf(lines, "meshwork_node_report_age_seconds")) expect(age).toBeLessThan(5);
  for (const family of ["cpu_used_cores", "cpu_budget_cores", "memory_used_bytes", "memory_budget_bytes"])
    expect([family, valuesOf(lines, `meshwork_node_${family}`).filter((value) => value > 0)]).toHaveProperty(
      "1.length",
      nodes,
    );
  for (const family of ["frames_total", "bytes_total"])
    for (const direction of ["sent", "received"]) {
      const gossip = valuesOf(lines, `meshwork_node_${family}`, `kind="gossip",direction="${direction}"`);
      expect([family, direction, gossip.filter((value) => value > 0).length]).toEqual([family, direction, nodes]);
    }
  expect(valuesOf(lines, "meshwork_node_connections_opened_total", 'direction="inbound"')).toHaveLength(nodes);
  expect(valuesOf(lines, "meshwork_node_directory_entries", 'listed_mesh="mesh1"')).toEqual(Array(nodes).fill(nodes));
  expect(valuesOf(lines, "meshwork_node_telemetry_dropped_spans_total")).toEqual(Array(nodes).fill(0));
});

test("scraping starts no stats streams: nobody has looked", async () => {
  await scrape();
  const lines = await scrape();
  expect(valuesOf(lines, "meshwork_console_collection_items", 'collection="statsWatchers"')).toEqual([0]);
  expect(valuesOf(lines, "meshwork_node_stats_age_seconds")).toEqual([]);
  expect(valuesOf(lines, "meshwork_mesh_live_nodes")).toEqual([4]);
});
