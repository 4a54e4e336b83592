/**
 * `mesh members`: who is there and who has gone, as the console's own directory and the nodes' own figures say; with `--as`, as another
 * node's directory says.
 */
import type { NodeView } from "@meshwork/console/api-types";
import type { Command } from "commander";
import {
  type ClientOptions,
  type CommandContext,
  clientOf,
  collectOf,
  examples,
  printJson,
  withConsole,
} from "../command.js";
import { cores, duration, memory, number, text, UNKNOWN } from "../format.js";
import { type Column, table } from "../table.js";

const STATES = ["live", "alive", "suspected", "left", "dead", "expired", "starting", "exited"] as const;

interface MembersOptions extends ClientOptions {
  readonly mesh?: string;
  readonly type?: string;
  readonly as?: string;
  readonly state?: readonly (typeof STATES)[number][];
  readonly all?: boolean;
}

/** What both lists tell of a member. */
interface Member {
  readonly name: string | null;
  readonly mesh: string;
  readonly type: string;
  readonly state: string;
  readonly stateAgeMs: number | null;
  readonly accusedBy: readonly string[];
  readonly location: string | null;
  readonly observers?: NodeView["observers"];
}

/** Who departed longer ago is left out unless asked for. */
const SHOWN_MS = 900_000;
const GONE = new Set(["left", "dead", "expired", "exited"]);

export function addMembers(program: Command, context: CommandContext): void {
  withConsole(
    program.command("members").description("list the members: name, state, since when, by whom, location, load"),
  )
    .option("--mesh <mesh>", "only of this mesh")
    .option("--type <type>", "only of this type")
    .option("--state <state,…>", `only in these states: ${STATES.join(", ")}`, collectOf(STATES))
    .option("--as <name>", "as this node's own directory says, asked over the mesh (default: as the console's does)")
    .option("--all", "all that is known, not only who is live or departed in the last 15 minutes")
    .addHelpText(
      "after",
      `
States: alive; suspected (silent towards the node whose view it is; still a live member); left (said goodbye); dead (declared dead by
the mesh, BY those who signed); expired (no refresh in time). "live" means alive or suspected. SINCE is the time in that state.
${examples(["mesh members", "mesh members --mesh mesh2 --type broker", "mesh members --state suspected,dead --all", "mesh members --as mesh1.broker.239dc9", "mesh members --json"])}`,
    )
    .action(async (options: MembersOptions) => {
      const client = clientOf(context, options);
      if (options.as === undefined) {
        const { nodes } = await client.call("GET /api/nodes");
        print(context, options, nodes, [...stateColumns(context), ...figureColumns()]);
        return;
      }
      const { as, entries, departed } = await client.call("GET /api/directory", { query: { as: options.as } });
      const recordAge = {
        title: "RECORD AGE",
        cell: (line: (typeof entries)[number]) => duration(line.ageMs),
        align: "right" as const,
      };
      print(context, options, [...entries, ...departed], [...stateColumns(context), recordAge], as);
    });
}

function print<T extends Member>(
  context: CommandContext,
  options: MembersOptions,
  members: readonly T[],
  columns: readonly Column<T>[],
  as?: string,
): void {
  const chosen = members.filter((member) => isChosen(member, options)).sort(byName);
  const shown = options.all ? chosen : chosen.filter(isShown);
  const hidden = chosen.length - shown.length;
  if (options.json) {
    printJson(context, { ...(as !== undefined && { as }), nodes: shown, hidden });
    return;
  }
  context.io.out(shown.length === 0 ? "no nodes\n" : table(columns, shown, context.io.columns));
  if (hidden > 0) context.io.err(`${hidden} more departed over 15 minutes ago; --all shows them\n`);
}

function isChosen({ mesh, type, state }: Member, options: MembersOptions): boolean {
  const wanted: readonly string[] | undefined = options.state;
  const isLive = state === "alive" || state === "suspected";
  const fits = wanted === undefined || wanted.includes(state) || (isLive && wanted.includes("live"));
  return fits && (options.mesh ?? mesh) === mesh && (options.type ?? type) === type;
}

const isShown = ({ state, stateAgeMs }: Member) => !GONE.has(state) || (stateAgeMs ?? 0) <= SHOWN_MS;
const byName = (a: Member, b: Member) => (a.name ?? "~").localeCompare(b.name ?? "~");

function stateColumns({ colours }: CommandContext): Column<Member>[] {
  const paint = (state: string) => {
    if (state === "alive") return colours.green(state);
    if (state === "dead" || state === "expired") return colours.red(state);
    return state === "left" || state === "exited" ? colours.dim(state) : colours.yellow(state);
  };
  return [
    { title: "NAME", cell: ({ name, mesh, type }) => name ?? `${mesh}.${type}.?` },
    { title: "STATE", cell: ({ state }) => paint(state) },
    { title: "SINCE", cell: ({ stateAgeMs }) => duration(stateAgeMs), align: "right" },
    { title: "BY", cell: byWhom },
    { title: "LOCATION", cell: ({ location }) => text(location) },
  ];
}

/** Whose word the state is; and who says otherwise: `mesh1.console.aaaaaa (alive for mesh1.broker.bbbbbb)`. */
export function byWhom({ accusedBy, observers = [] }: Pick<Member, "accusedBy" | "observers">): string {
  const others = observers.map(({ observer, state }) => `${state} for ${observer}`).join(", ");
  const by = accusedBy.join(", ");
  if (others === "") return text(by);
  return by === "" ? others : `${by} (${others})`;
}

/** Who is gone has no figures any more, though its last ones are still known. */
function figureColumns(): Column<NodeView>[] {
  return ALL_FIGURES.map((column) => ({ ...column, cell: (node) => (node.live ? column.cell(node) : UNKNOWN) }));
}

const ALL_FIGURES: readonly Column<NodeView>[] = [
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
