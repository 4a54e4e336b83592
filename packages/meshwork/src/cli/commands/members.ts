/** `mesh members`: who is there, as the console's own directory and the nodes' own figures say. */
import type { NodeList, NodeView } from "@meshwork/console/api-types";
import type { Command } from "commander";
import { type ClientOptions, type CommandContext, clientOf, examples, printJson, withConsole } from "../command.js";
import { cores, duration, memory, number, text } from "../format.js";
import { type Column, table } from "../table.js";

interface MembersOptions extends ClientOptions {
  readonly mesh?: string;
  readonly type?: string;
}

export function addMembers(program: Command, context: CommandContext): void {
  withConsole(program.command("members").description("list the nodes: name, location, age, load"))
    .option("--mesh <mesh>", "only of this mesh")
    .option("--type <type>", "only of this type")
    .addHelpText("after", examples(["mesh members", "mesh members --mesh mesh2 --type broker", "mesh members --json"]))
    .action(async (options: MembersOptions) => {
      const { nodes } = await clientOf(context, options).get<NodeList>("/api/nodes");
      const chosen = nodes
        .filter(({ mesh, type }) => (options.mesh ?? mesh) === mesh && (options.type ?? type) === type)
        .sort((a, b) => (a.name ?? "~").localeCompare(b.name ?? "~"));
      if (options.json) printJson(context, { nodes: chosen });
      else context.io.out(chosen.length === 0 ? "no nodes\n" : table(columns(context), chosen, context.io.columns));
    });
}

function columns({ colours }: CommandContext): Column<NodeView>[] {
  const paint = (state: string) => (state === "live" ? colours.green(state) : colours.yellow(state));
  return [
    { title: "NAME", cell: ({ name, mesh, type }) => name ?? `${mesh}.${type}.?` },
    { title: "STATE", cell: ({ state }) => paint(state) },
    { title: "LOCATION", cell: ({ location }) => text(location) },
    { title: "UP", cell: ({ uptimeMs }) => duration(uptimeMs), align: "right" },
    { title: "RECORD AGE", cell: ({ recordAgeMs }) => duration(recordAgeMs), align: "right" },
    { title: "LOAD", cell: ({ loadClass }) => text(loadClass) },
    {
      title: "CPU CORES",
      cell: ({ cpuUsedCores, cpuBudgetCores }) => cores(cpuUsedCores, cpuBudgetCores),
      align: "right",
    },
    { title: "RAM", cell: ({ ramUsedBytes, ramBudgetBytes }) => memory(ramUsedBytes, ramBudgetBytes), align: "right" },
    { title: "TX/MIN", cell: ({ framesSentPerMinute }) => number(framesSentPerMinute), align: "right" },
    { title: "RX/MIN", cell: ({ framesReceivedPerMinute }) => number(framesReceivedPerMinute), align: "right" },
  ];
}
