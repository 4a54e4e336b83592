/** `mesh describe NAME`: all that is known of one node. */
import type { BootTrace, NodeDetail } from "@meshwork/console/api-types";
import type { Command } from "commander";
import { type ClientOptions, type CommandContext, clientOf, examples, printJson, withConsole } from "../command.js";
import { cores, duration, memory, number, text, UNKNOWN } from "../format.js";
import { pairs, table } from "../table.js";

export function addDescribe(program: Command, context: CommandContext): void {
  withConsole(program.command("describe").description("all that is known of one node"))
    .argument("<name>", "full name, node id, or a unique prefix of either")
    .addHelpText("after", examples(["mesh describe mesh1.broker.239dc9", "mesh describe 239dc9 --json"]))
    .action(async (name: string, options: ClientOptions) => {
      const client = clientOf(context, options);
      const node = await client.call("GET /api/nodes/{name}", { path: { name } });
      // The boot trace may be gone from the bounded store; the rest is worth showing all the same.
      const boot = await client
        .call("GET /api/boot/{name}", { path: { name: node.name ?? name } })
        .catch(() => undefined);
      if (options.json) printJson(context, { ...node, bootTrace: boot ?? null });
      else context.io.out(describe(node, boot));
    });
}

function describe(node: NodeDetail, boot: BootTrace | undefined): string {
  const parts = [
    pairs([
      ["name", text(node.name)],
      ["id", text(node.id)],
      ["state", stateLine(node)],
      ...node.observers.map(({ observer, state, stateAgeMs, toldAgeMs }): [string, string] => [
        `for ${observer}`,
        `${state} for ${duration(stateAgeMs)}, as it said ${duration(toldAgeMs)} ago`,
      ]),
      ["mesh", node.mesh],
      ["type", node.type],
      ["addresses", text(node.addresses?.join(", "))],
      ["version", text(node.version)],
      ["process", processLine(node)],
      ["uptime", duration(node.uptimeMs)],
      [
        "record",
        `generation ${number(node.generation)}, sequence ${number(node.sequence)}, ${duration(node.recordAgeMs)} old`,
      ],
      ["load", text(node.loadClass)],
      ["CPU cores", cores(node.cpuUsedCores, node.cpuBudgetCores)],
      ["RAM", memory(node.ramUsedBytes, node.ramBudgetBytes)],
      ["frames sent", `${number(node.framesSent)} (${number(node.framesSentPerMinute)} a minute)`],
      ["frames received", `${number(node.framesReceived)} (${number(node.framesReceivedPerMinute)} a minute)`],
      ["connections", `${number(node.connections)} open, ${number(node.connectionsOpened)} opened since start`],
      ["directory", `${number(node.directorySize)} entries`],
      ["event loop p99", duration(node.eventLoopDelayP99Ms)],
      ["figures are", node.statsAgeMs === null ? UNKNOWN : `${duration(node.statsAgeMs)} old`],
    ]),
  ];
  for (const [mesh, peers] of Object.entries(node.activeViews ?? {})) {
    parts.push(`\nlinks in ${mesh}\n${peers.map(({ id, name }) => `  ${name ?? id}\n`).join("") || "  none\n"}`);
  }
  const frames = Object.entries(node.frames ?? {}).filter(([, { sent, received }]) => sent + received > 0);
  if (frames.length > 0) {
    const rows = frames.sort(([a], [b]) => a.localeCompare(b));
    parts.push(
      "\n",
      table(
        [
          { title: "FRAMES", cell: ([kind]) => kind },
          { title: "SENT", cell: ([, { sent }]) => String(sent), align: "right" },
          { title: "BYTES", cell: ([, { sentBytes }]) => String(sentBytes), align: "right" },
          { title: "RECEIVED", cell: ([, { received }]) => String(received), align: "right" },
          { title: "BYTES", cell: ([, { receivedBytes }]) => String(receivedBytes), align: "right" },
        ],
        rows,
      ),
    );
  }
  if (boot) parts.push(`\nboot ${boot.state} in ${duration(boot.durationMs)}; \`mesh trace ${boot.name}\` draws it\n`);
  return parts.join("");
}

/** Of the dead and the suspected: whose word it is. */
function stateLine({ state, stateAgeMs, accusedBy, agreeing }: NodeDetail): string {
  const by = accusedBy.length === 0 ? "" : `, by ${accusedBy.join(" and ")}`;
  const others = agreeing === 0 ? "" : ` (${agreeing} other ${agreeing === 1 ? "node says" : "nodes say"} so)`;
  return `${state} for ${duration(stateAgeMs)}${by}${others}`;
}

function processLine({ process }: NodeDetail): string {
  if (process === null) return UNKNOWN;
  const { pid, shared, supervised, state } = process;
  const facts = [
    pid === null ? undefined : `pid ${pid}`,
    shared ? "shared with other nodes" : undefined,
    supervised ? `supervised, ${state ?? "state unknown"}` : "not supervised",
  ];
  return facts.filter((fact) => fact !== undefined).join(", ");
}
