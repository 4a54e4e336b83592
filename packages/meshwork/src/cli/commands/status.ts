/** `mesh status`: the cluster in a dozen lines. */
import type { ClusterSummary } from "@meshwork/console/api-types";
import type { Command } from "commander";
import { type ClientOptions, type CommandContext, clientOf, examples, printJson, withConsole } from "../command.js";
import { bytes, duration, number, UNKNOWN } from "../format.js";
import { pairs } from "../table.js";

export function addStatus(program: Command, context: CommandContext): void {
  withConsole(program.command("status").description("the cluster at a glance"))
    .addHelpText(
      "after",
      examples(["mesh status", "mesh status --json", "mesh status --url http://127.0.0.1:19090 --token …"]),
    )
    .action(async (options: ClientOptions) => {
      const client = clientOf(context, options);
      const cluster = await client.call("GET /api/cluster");
      if (options.json) printJson(context, cluster);
      else context.io.out(describeCluster(cluster, client.url));
    });
}

export function describeCluster(cluster: ClusterSummary, url: string): string {
  const { supervised, demo, stats, store } = cluster;
  const processes =
    supervised === null ? "the supervisor does not answer" : `${supervised.running} of ${supervised.processes} running`;
  const meshes = cluster.meshes.map(({ mesh, live, suspected, byType }): [string, string] => {
    const types = Object.entries(byType).sort(([a], [b]) => a.localeCompare(b));
    const doubt = suspected === 0 ? "" : ` (${suspected} suspected)`;
    return [mesh, `${live} live${doubt}: ${types.map(([type, count]) => `${count} ${type}`).join(", ")}`];
  });
  return pairs([
    [
      "console",
      `${url} (${cluster.console.name}, pid ${cluster.console.pid}, up ${duration(cluster.console.uptimeMs)})`,
    ],
    ["live", `${cluster.live} nodes, ${cluster.links} links`],
    ...meshes,
    ["processes", processes],
    [
      "frames",
      `${number(cluster.framesSentPerMinute)} sent, ${number(cluster.framesReceivedPerMinute)} received a minute`,
    ],
    ["figures", `${stats.fresh} of ${stats.watched} nodes fresh, every ${duration(stats.intervalMs)}`],
    ["demo traffic", demo === null ? UNKNOWN : demo.running ? "running" : "stopped"],
    ["traces", `${store.traces} traces, ${store.spans} spans, ${bytes(store.bytes)} of ${bytes(store.maxBytes)}`],
    ["spans dropped", number(cluster.telemetryDropped)],
  ]);
}
